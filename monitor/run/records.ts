import type { ProctorError } from "../../core/error.ts";
import { count, percent, seconds, timestamp } from "../../core/measure/numbers.ts";
import { TOTALS } from "../../core/measure/metrics.ts";
import type { MetricGroup, TotalName } from "../../core/measure/metrics.ts";
import { COLLECT_KEYS } from "../../core/measure/profile.ts";
import { Total } from "../../core/measure/raw.ts";
import type { Reading } from "../../core/measure/reading.ts";
import type { Limits } from "../../core/measure/limits.ts";
import type { TickCounts } from "../../core/measure/sampler.ts";
import type {
  Account,
  Accounting,
  AppSummary,
  Environment,
  ProcessRecord,
  RunLimits,
  StartRecord,
  SummaryRecord,
} from "../../core/schema/record.ts";
import { RECORD_SCHEMA } from "../../core/schema/version.ts";
import type { Fold } from "../../core/measure/fold.ts";
import type { EndedMember } from "../../group/ended_member.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import type { PssSampling } from "../../group/pss.ts";
import type { Platform } from "../../platform/mod.ts";
import { describeAccounting } from "./accounting.ts";
import { gpuSummary } from "./gpu_summary.ts";
import type { ProcessFacts } from "../../group/process_table_record.ts";
import type { SamplingPlan } from "../sampling_plan.ts";

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
    capabilities: describeAccounting(group, "expected"),
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
  /** Why the command could not be started. */
  readonly error?: ProctorError;
}

/** What a summary has to be told. */
export interface SummaryFacts {
  readonly name: string | undefined;
  readonly timestampMs: number;
  readonly wallSeconds: number;
  readonly ticks: TickCounts;
  /** How often the loop that watches was woken. */
  readonly wakeUpCount: number;
  /** CPU seconds and voluntary context switches of our own that belong to what was before. */
  readonly ownSecondsBefore?: number;
  readonly ownSwitchesBefore?: number;
  /** Where proportional set sizes were read. */
  readonly pss?: PssSampling;
  /** What sampling at the interval that was asked for has used of a core, where that is much. */
  readonly samplingPercent?: number;
  /** Where every process was asked for. */
  readonly processes?: ProcessFacts;
  /** What the program has told of itself, where that was taken. */
  readonly app?: AppSummary;
}

function pssAccount({ container }: ProcessTree, { wasIncomplete }: PssSampling): Account {
  return { source: container.sources.members, quality: wasIncomplete ? "upper_bound" : "sampled" };
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
  const share = wallSeconds > 0 ? cpu / wallSeconds : NaN;
  const events = group.container.limitEvents();
  return {
    kind: "summary",
    timestamp: timestamp(facts.timestampMs),
    ...(facts.name !== undefined && { name: facts.name }),
    outcome: events.oomKillCount > 0 && isNatural(ending) ? "oom_killed" : ending.outcome,
    exit_code: ending.exitCode,
    signal: ending.signal,
    ...(ending.error && { error: ending.error.message, error_kind: ending.error.kind }),
    wall_seconds: seconds(wallSeconds)!,
    ...collected(plan, "cpu", {
      cpu_seconds: seconds(cpu),
      cpu_user_seconds: seconds(totals[Total.userSeconds]),
      cpu_system_seconds: seconds(totals[Total.systemSeconds]),
      avg_cpu_percent: percent(share * 100),
      max_cpu_percent: percent(fold.maxCpuPercent),
      avg_cpu_cores: seconds(share),
    }),
    ...collected(plan, "memory", {
      peak_memory_bytes: count(fold.peakMemoryBytes),
      peak_process_memory_bytes: count(group.peaks.processBytes),
      peak_resident_bytes: count(fold.peakResidentBytes),
      avg_memory_bytes: count(fold.avgMemoryBytes),
    }),
    ...(plan.metrics.includes("memory_pss_bytes") && { peak_memory_pss_bytes: count(fold.peakPssBytes) }),
    ...totalsOf(plan, group.reading),
    ...packets(group),
    peak_process_count: Math.max(fold.peakProcessCount, facts.processes?.peakCount ?? 0),
    ...collected(plan, "threads", { peak_thread_count: count(fold.peakThreadCount) }),
    total_process_count: facts.processes?.processCount ?? group.totalProcessCount,
    leftover_process_count: group.members.length,
    oom_kill_count: count(events.oomKillCount),
    memory_limit_hit_count: count(events.memoryLimitHitCount),
    process_limit_hit_count: count(events.processLimitHitCount),
    cpu_throttled_seconds: seconds(events.cpuThrottledSeconds),
    sample_count: fold.sampleCount,
    missed_tick_count: facts.ticks.missedTickCount,
    ...collected(plan, "cpu", {
      cpu_seconds_sampled: seconds(group.ledger.sampledCpuSeconds(group.members)),
    }),
    accounting: {
      ...finalAccounting(group, ending),
      ...(facts.pss && { memory_pss: pssAccount(group, facts.pss) }),
      ...(facts.processes && { processes: facts.processes.account }),
    },
    ...(facts.processes && { processes: facts.processes.table }),
    ...(facts.app && { app: facts.app }),
    ...(group.gpu?.ledger && { gpu: gpuSummary(group.gpu.ledger) }),
    monitor: monitorSection(group, facts),
  };
}

/** What proctor itself has used. */
function monitorSection({ platform, search }: ProcessTree, facts: SummaryFacts): SummaryRecord["monitor"] {
  const { wallSeconds, ticks, samplingPercent } = facts;
  const ownCpu = platform.ownCpuSeconds() - (facts.ownSecondsBefore ?? 0);
  return {
    cpu_seconds: seconds(ownCpu)!,
    cpu_percent: percent((ownCpu / wallSeconds) * 100) ?? 0,
    memory_bytes: platform.ownMemoryBytes(),
    peak_memory_bytes: platform.ownPeakMemoryBytes(),
    tick_count: ticks.tickCount,
    late_tick_count: ticks.lateTickCount,
    wake_up_count: facts.wakeUpCount,
    voluntary_context_switches: count(platform.ownVoluntarySwitches() - (facts.ownSwitchesBefore ?? 0)),
    discovery: search.hasEvents ? "events" : "search",
    search_count: search.searchCount,
    ...(samplingPercent !== undefined && { sampling_percent: percent(samplingPercent) ?? 0 }),
  };
}

/** Whether the run ended by itself, not by us. */
function isNatural({ outcome }: Ending): boolean {
  return outcome === "exited" || outcome === "signaled";
}

/** What the profile does not collect is left out; the disabled one leaves the sampling out, not the bill. */
function collected<T extends object>(
  { profile }: SamplingPlan,
  group: MetricGroup,
  fields: T,
): T | Record<never, never> {
  return profile[COLLECT_KEYS[group]] || !profile.enabled ? fields : {};
}

/** How the payload went over the wire, where that was counted. */
function packets(
  { container: { traffic: { counted: traffic } } }: ProcessTree,
): Pick<SummaryRecord, "network_packets"> {
  if (Number.isNaN(traffic.rxPackets)) return {};
  return {
    network_packets: {
      rx_packet_count: traffic.rxPackets,
      tx_packet_count: traffic.txPackets,
      rx_wire_bytes: traffic.rxWireBytes,
      tx_wire_bytes: traffic.txWireBytes,
    },
  };
}

function totalsOf(plan: SamplingPlan, reading: Reading): Partial<Record<TotalName, number | null>> {
  return Object.assign(
    {},
    ...TOTALS.map(({ name, group, total, reading: field }) => {
      if (group === null && !plan.metrics.includes(name)) return {};
      const value = total !== undefined ? reading.totals[total] : field === undefined ? NaN : reading[field];
      const figure = { [name]: count(value as number) };
      return group === null ? figure : collected(plan, group, figure);
    }),
  );
}

function finalAccounting(group: ProcessTree, ending: Ending): Accounting {
  const isOver = ending.outcome !== "failed_to_start" && group.members.length === 0;
  return describeAccounting(group, isOver ? "ended" : "running");
}
