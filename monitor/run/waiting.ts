import { NO_LIMIT_EVENTS } from "../../core/measure/limits.ts";
import { count, larger, seconds } from "../../core/measure/numbers.ts";
import { verdictOf } from "../../core/measure/verdict.ts";
import type { Evidence } from "../../core/measure/verdict.ts";
import type { Account, Accounting, Waiting } from "../../core/schema/record.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import type { PressureReading } from "../../platform/mod.ts";
import type { WaitsAtStart } from "./waits_at_start.ts";

/** What kept a tree waiting, and where each figure comes from. */
export interface WaitingTold {
  readonly waiting: Waiting;
  readonly accounting: Pick<
    Accounting,
    "pressure" | "run_queue" | "block_io" | "memory_wait" | "throttling" | "steal"
  >;
}

/**
 * Draw up what kept a tree waiting, before it is let go of.
 *
 * @param start what had been counted when it began
 * @param evidence the figures of the summary that a verdict needs besides
 */
export function drawUpWaiting(
  group: ProcessTree,
  start: WaitsAtStart,
  evidence: Omit<Evidence, "waiting">,
): WaitingTold {
  const { machine } = start;
  const own = group.container.pressure();
  const now = machine && group.platform.machineWaits(start.wanted);
  const scope = own ? "group" : machine?.pressure && now?.pressure ? "machine" : null;
  const pressure = own ?? now?.pressure ?? null;
  const before = own ? null : machine?.pressure ?? null;
  const stalled = (resource: keyof PressureReading, kind: "some" | "full") => {
    // The machine has no full pressure of CPU: what stands there is a zero for old programs (psi.rst).
    if (scope === null || (scope === "machine" && resource === "cpu" && kind === "full")) return null;
    const from = before?.[resource]?.[kind]?.totalSeconds ?? (scope === "group" ? 0 : NaN);
    return grown(from, pressure?.[resource]?.[kind]?.totalSeconds ?? NaN);
  };
  const { runQueueSeconds, blockIoSeconds, memoryWaitSeconds } = group.waits;
  const throttling = throttlingOf(group, start, now?.throttledSeconds ?? []);
  const steal = now ? grown(machine.stealSeconds, now.stealSeconds) : null;
  const waiting: Waiting = {
    verdict: null,
    available_cores: availableCores(start),
    pressure_scope: scope,
    cpu_some_seconds: stalled("cpu", "some"),
    cpu_full_seconds: stalled("cpu", "full"),
    memory_some_seconds: stalled("memory", "some"),
    memory_full_seconds: stalled("memory", "full"),
    io_some_seconds: stalled("io", "some"),
    io_full_seconds: stalled("io", "full"),
    run_queue_seconds: seconds(runQueueSeconds),
    block_io_seconds: seconds(blockIoSeconds),
    memory_wait_seconds: seconds(memoryWaitSeconds),
    throttled_seconds: seconds(throttling.seconds),
    throttled_period_count: count(throttling.count),
    quota_cores: throttling.cores,
    steal_seconds: steal,
  };
  waiting.verdict = verdictOf({ ...evidence, waiting });
  const { members, container } = group.container.sources;
  return {
    waiting,
    accounting: {
      pressure: scope === "group" ? exact(container) : scope === "machine" ? OF_MACHINE : UNAVAILABLE,
      run_queue: seen(members, runQueueSeconds),
      block_io: seen(members, blockIoSeconds),
      memory_wait: seen("taskstats", memoryWaitSeconds),
      throttling: Number.isNaN(throttling.seconds) ? UNAVAILABLE : throttling.account,
      steal: steal === null ? UNAVAILABLE : { source: "machine", quality: "upper_bound", note: OF_ALL },
    },
  };
}

const UNAVAILABLE: Account = { source: "none", quality: "unavailable" };
const OF_ALL = "of all that runs on the machine";
const OF_MACHINE: Account = {
  source: "machine",
  quality: "upper_bound",
  note: `the run's own is not available:  ${OF_ALL}, since the first sample`,
};
const OF_QUOTA = "of all that this quota binds, since the first sample";

function exact(source: string): Account {
  return { source, quality: "exact" };
}

/** Who ended between two samples, and threads that did, are not in what was seen. */
function seen(source: string, value: number): Account {
  return Number.isNaN(value) ? UNAVAILABLE : { source, quality: "lower_bound" };
}

interface Throttling {
  readonly seconds: number;
  readonly count: number;
  readonly cores: number | null;
  readonly account: Account;
}

/** By the limit of the run, or by a quota around it: whichever has throttled for longer. */
function throttlingOf(group: ProcessTree, start: WaitsAtStart, outerNow: readonly number[]): Throttling {
  const limit = group.request.limits?.cpuCores ?? null;
  const events = limit === null ? NO_LIMIT_EVENTS : group.container.limitEvents();
  const before = start.machine?.throttledSeconds ?? [];
  // Each quota on its own: the one that binds is the one that throttles most.
  const outer = outerNow.reduce((most, value, at) => larger(most, value - (before[at] ?? NaN)), NaN);
  if (outer > (events.cpuThrottledSeconds || 0)) {
    const account: Account = { source: "cgroup", quality: "upper_bound", note: OF_QUOTA };
    return { seconds: outer, count: NaN, cores: start.environment.cpu_quota_cores, account };
  }
  const { cpuThrottledSeconds, cpuThrottledCount } = events;
  return { seconds: cpuThrottledSeconds, count: cpuThrottledCount, cores: limit, account: exact("cgroup") };
}

/** What a run may use at a time: its own limit counts where it is the least. */
function availableCores({ environment, limits }: WaitsAtStart): number | null {
  const { online_cpu_count, cpu_quota_cores } = environment;
  const cores = Math.min(online_cpu_count, cpu_quota_cores ?? Infinity, limits?.cpuCores ?? Infinity);
  return cores > 0 ? cores : null;
}

/** By how much a counter has grown, in seconds; a counter that was set back has not. */
function grown(before: number, now: number): number | null {
  return seconds(Math.max(0, now - before));
}
