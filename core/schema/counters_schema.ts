import { z } from "zod";
import { wideCount } from "./wide_count.ts";
export type { Counters } from "./types/parts.ts";

const count = wideCount.nullable();
const joules = z.number().min(0).nullable();

/** The energy that parts of the machine have used during a run; null is unknown. */
const machineEnergySchema = z.object({
  package_joules: joules.describe("processors, with their caches and built-in graphics"),
  core_joules: joules.describe("of that: the cores"),
  graphics_joules: joules.describe("of that: the built-in graphics"),
  memory_joules: joules,
  platform_joules: joules.describe("all that one power supply feeds, the processors included"),
});

/** What the kernel and the processor have counted of a run (perf_event_open(2)); null is unknown. */
export const countersSchema = z.object({
  scope: z.enum(["kernel_and_user", "user"]).nullable().describe(
    "whether what the kernel does for the run is counted, too; null where nothing could be counted",
  ),
  task_clock_seconds: z.number().min(0).nullable().describe("CPU time"),
  context_switch_count: count,
  migration_count: count.describe("how often a thread went on on another CPU"),
  page_fault_count: count,
  cycle_count: count.describe("of the processor, while it worked for the run"),
  instruction_count: count,
  instructions_per_cycle: z.number().min(0).nullable(),
  cache_reference_count: count.describe("of the last level of caches"),
  cache_miss_count: count,
  branch_count: count,
  branch_miss_count: count.describe("the processor had guessed wrong"),
  running_percent: z.number().min(0).max(100).nullable().describe(
    "for how much of the time the processor's counters ran: they take turns where they are too few, and are scaled",
  ),
  machine_energy: machineEnergySchema.nullable().describe(
    "of the whole machine, including all else that ran there",
  ),
});
