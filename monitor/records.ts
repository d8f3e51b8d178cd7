import { count, percent, seconds, timestamp } from "../core/numbers.ts";
import { Total } from "../core/raw.ts";
import type { Limits } from "../core/limits.ts";
import type {
  Account,
  Accounting,
  Environment,
  ProcessRecord,
  RunLimits,
  StartRecord,
  SummaryRecord,
} from "../core/record.ts";
import { RECORD_SCHEMA } from "../core/version.ts";
import type { Fold } from "../core/fold.ts";
import type { EndedMember } from "../group/ended_member.ts";
import type { ProcessTree } from "../group/process_tree.ts";
import type { PssSampling } from "../group/pss.ts";
import type { Platform } from "../platform/mod.ts";
import { describeAccounting } from "./accounting.ts";
import type { SamplingPlan } from "./options.ts";

/** What is known when a run begins. */
export interface StartFacts {
  readonly name: string | undefined;
  readonly command: readonly string[];
  readonly pid: number | null;
  readonly timestampMs: number;
  readonly environment: Environment;
}

/** The first record of a run. */
export function startRecord(group: ProcessTree, plan: SamplingPlan, facts: StartFacts): StartRecord {
  const { mechanism, reason } = group.container;
  return {
    kind: "start",
    schema: RECORD_SCHEMA,
    ...(facts.name !== undefined && { name: facts.name }),
    command: [...facts.command],
    pid: facts.pid,
    timestamp: timestamp(facts.timestampMs),
    profile: plan.profile,
    containment: { mechanism, reason },
    ...(group.request.limits && { limits: limitsRecord(group.request.limits) }),
    capabilities: describeAccounting(group, true),
    environment: facts.environment,
  };
}

function limitsRecord({ memoryBytes, cpuCores, processes }: Limits): RunLimits {
  return {
    ...(memoryBytes !== undefined && { memory_bytes: memoryBytes }),
    ...(cpuCores !== undefined && { cpu_cores: cpuCores }),
    ...(processes !== undefined && { process_count: processes }),
  };
}

/** The record of a process that ended. */
export function processRecord(
  platform: Platform,
  member: EndedMember,
  timestampMs: number,
  elapsedSeconds: number,
): ProcessRecord {
  const { exit } = member;
  return {
    kind: "process",
    timestamp: timestamp(timestampMs),
    elapsed_seconds: seconds(elapsedSeconds)!,
    pid: member.pid,
    parent_pid: member.parentPid,
    start_time: timestamp(member.startTimeMs),
    name: member.name,
    command: member.args?.join(" ") ?? null,
    uptime_seconds: seconds(Math.max(0, timestampMs - member.startTimeMs) / 1_000)!,
    exit_code: exit?.exitCode ?? null,
    signal: exit?.signal ? platform.signalName(exit.signal) : null,
    ...(member.oomKilled && { oom_killed: true as const }),
    cpu_seconds: seconds(member.cpuSeconds),
    peak_memory_bytes: count(member.peakMemoryBytes),
    quality: exit ? "exact" : "lower_bound",
  };
}

/** How a run ended, apart from what it cost. */
export interface Ending {
  readonly outcome: SummaryRecord["outcome"];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error?: string;
}

/** What a summary has to be told. */
export interface SummaryFacts {
  readonly name: string | undefined;
  readonly timestampMs: number;
  readonly wallSeconds: number;
  readonly missedTickCount: number;
  /** CPU seconds of our own that belong to what was before. */
  readonly ownSecondsBefore?: number;
  /** Where proportional set sizes were read. */
  readonly pss?: PssSampling;
}

function pssAccount({ wasIncomplete }: PssSampling): Account {
  return { source: "proc", quality: wasIncomplete ? "upper_bound" : "sampled" };
}

/** The last record of a run. */
export function summaryRecord(
  group: ProcessTree,
  plan: SamplingPlan,
  fold: Fold,
  ending: Ending,
  facts: SummaryFacts,
): SummaryRecord {
  const { totals } = group.reading;
  const { wallSeconds } = facts;
  const cpu = totals[Total.cpuSeconds];
  const split = splitCpu(cpu, totals[Total.userSeconds], totals[Total.systemSeconds]);
  const share = wallSeconds > 0 ? cpu / wallSeconds : NaN;
  const ownCpu = group.platform.ownCpuSeconds() - (facts.ownSecondsBefore ?? 0);
  const events = group.container.limitEvents();
  return {
    kind: "summary",
    timestamp: timestamp(facts.timestampMs),
    ...(facts.name !== undefined && { name: facts.name }),
    outcome: events.oomKillCount > 0 && isNatural(ending) ? "oom_killed" : ending.outcome,
    exit_code: ending.exitCode,
    signal: ending.signal,
    ...(ending.error !== undefined && { error: ending.error }),
    wall_seconds: seconds(wallSeconds)!,
    ...collected(plan, "cpu", {
      cpu_seconds: seconds(cpu),
      cpu_user_seconds: seconds(split.user),
      cpu_system_seconds: seconds(split.system),
      avg_cpu_percent: percent(share * 100),
      max_cpu_percent: percent(fold.maxCpuPercent),
      avg_cpu_cores: seconds(share),
    }),
    ...collected(plan, "memory", {
      peak_memory_bytes: count(fold.peakMemoryBytes),
      peak_resident_bytes: count(fold.peakResidentBytes),
      avg_memory_bytes: count(fold.avgMemoryBytes),
    }),
    ...(plan.metrics.includes("memory_pss_bytes") && { peak_memory_pss_bytes: count(fold.peakPssBytes) }),
    ...collected(plan, "disk_io", {
      disk_read_bytes: count(totals[Total.diskReadBytes]),
      disk_write_bytes: count(totals[Total.diskWriteBytes]),
      io_read_bytes: count(totals[Total.ioReadBytes]),
      io_write_bytes: count(totals[Total.ioWriteBytes]),
    }),
    ...collected(plan, "network_io", { network_rx_bytes: null, network_tx_bytes: null }),
    ...collected(plan, "memory", {
      minor_faults: count(totals[Total.minorFaults]),
      major_faults: count(totals[Total.majorFaults]),
    }),
    ...collected(plan, "threads", {
      voluntary_context_switches: count(totals[Total.voluntarySwitches]),
      involuntary_context_switches: count(totals[Total.involuntarySwitches]),
    }),
    peak_process_count: fold.peakProcessCount,
    ...collected(plan, "threads", { peak_thread_count: count(fold.peakThreadCount) }),
    total_process_count: group.totalProcessCount,
    leftover_process_count: group.members.length,
    oom_kill_count: count(events.oomKillCount),
    memory_limit_hit_count: count(events.memoryLimitHitCount),
    process_limit_hit_count: count(events.processLimitHitCount),
    cpu_throttled_seconds: seconds(events.cpuThrottledSeconds),
    sample_count: fold.sampleCount,
    missed_tick_count: facts.missedTickCount,
    ...collected(plan, "cpu", {
      cpu_seconds_sampled: seconds(group.ledger.sampledCpuSeconds(group.members)),
    }),
    accounting: {
      ...finalAccounting(group, ending),
      ...(facts.pss && { memory_pss: pssAccount(facts.pss) }),
    },
    monitor: {
      cpu_seconds: seconds(ownCpu)!,
      cpu_percent: percent((ownCpu / wallSeconds) * 100) ?? 0,
      memory_bytes: group.platform.ownMemoryBytes(),
    },
  };
}

/** Whether the run ended by itself, not by us. */
function isNatural({ outcome }: Ending): boolean {
  return outcome === "exited" || outcome === "signaled";
}

/** The kernel's split is in ticks while a process lives: it divides the exact total, or nothing where it is none. */
function splitCpu(cpu: number, user: number, system: number): { user: number; system: number } {
  const ticks = user + system;
  if (!(ticks > 0)) return { user: NaN, system: NaN };
  return { user: (cpu * user) / ticks, system: (cpu * system) / ticks };
}

type Collectable = "cpu" | "memory" | "disk_io" | "network_io" | "threads";

/** What the profile does not collect is left out; the disabled one leaves the sampling out, not the bill. */
function collected<T extends object>(
  plan: SamplingPlan,
  part: Collectable,
  fields: T,
): T | Record<never, never> {
  return plan.profile[`collect_${part}`] || !plan.profile.enabled ? fields : {};
}

function finalAccounting(group: ProcessTree, ending: Ending): Accounting {
  return describeAccounting(group, ending.outcome !== "failed_to_start" && group.members.length === 0);
}
