import { count, percent, seconds } from "../../core/measure/numbers.ts";
import type { Accounting, Counters } from "../../core/schema/record.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import type { Counts, EnergyReading, TreeCounters } from "../../platform/mod.ts";
import { counted, hardware, unavailable } from "./counter_accounts.ts";
import type { RunEnergy } from "./run_energy.ts";

/** What was counted of a tree, and where each figure comes from. */
export interface CountersTold {
  readonly counters: Counters;
  readonly accounting: Pick<Accounting, "counters" | "hardware_counters" | "machine_energy">;
}

/** Draw up what was counted of a tree, before it is let go of. */
export function drawUpCounters(group: ProcessTree, counters: TreeCounters, energy: RunEnergy): CountersTold {
  const counts = counters.read();
  const isKnown = !Number.isNaN(counts.taskClockSeconds);
  const account = isKnown
    ? counted(counters, shortfall(group, counters, counts) ?? counters.obstacle)
    : unavailable(counters.gap ?? counters.obstacle);
  const reading = energy.read();
  return {
    counters: {
      scope: !isKnown ? null : counters.includesKernel ? "kernel_and_user" : "user",
      task_clock_seconds: seconds(counts.taskClockSeconds),
      context_switch_count: count(counts.contextSwitches),
      migration_count: count(counts.migrations),
      page_fault_count: count(counts.pageFaults),
      cycle_count: count(counts.cycles),
      instruction_count: count(counts.instructions),
      instructions_per_cycle: ratio(counts.instructions, counts.cycles),
      cache_reference_count: count(counts.cacheReferences),
      cache_miss_count: count(counts.cacheMisses),
      branch_count: count(counts.branches),
      branch_miss_count: count(counts.branchMisses),
      running_percent: percent(counts.runningShare * 100),
      machine_energy: reading && energyRecord(reading),
    },
    accounting: {
      counters: account,
      hardware_counters: isKnown ? hardware(counters, account, counts.runningShare) : account,
      machine_energy: reading
        ? { source: energy.source, quality: "upper_bound", note: "of all that ran on the machine meanwhile" }
        : unavailable(energy.obstacle),
    },
  };
}

/** What the container counts more than the counters by this is not counted by them. */
const TOLERATED_GAP_SECONDS = 0.02;
const TOLERATED_GAP_SHARE = 0.01;
const LEFT = "members have left the cgroup, which counts them no longer";

/** Why a cgroup's counters are behind; null where they are not. */
function shortfall(group: ProcessTree, counters: TreeCounters, counts: Counts): string | null {
  if (counters.gap !== null) return counters.gap;
  if (counters.source !== "perf_cgroup") return null;
  if (group.hadLeavers) return LEFT;
  const { container } = group;
  const missing = container.usage.cpuSeconds - counts.taskClockSeconds;
  const tolerated = Math.max(TOLERATED_GAP_SECONDS, counts.taskClockSeconds * TOLERATED_GAP_SHARE);
  return missing > tolerated ? "CPUs came and went, and what ran there later is not counted" : null;
}

function ratio(value: number, base: number): number | null {
  return base > 0 && !Number.isNaN(value) ? Math.round((value / base) * 1_000) / 1_000 : null;
}

function energyRecord(reading: EnergyReading): NonNullable<Counters["machine_energy"]> {
  const joules = (value: number) => Number.isNaN(value) ? null : Math.round(value * 1e6) / 1e6;
  return {
    package_joules: joules(reading.packageJoules),
    core_joules: joules(reading.coreJoules),
    graphics_joules: joules(reading.graphicsJoules),
    memory_joules: joules(reading.memoryJoules),
    platform_joules: joules(reading.platformJoules),
  };
}
