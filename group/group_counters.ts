import { count, percent, seconds } from "../core/measure/numbers.ts";
import type { CounterSource, TreeCounters } from "../platform/mod.ts";

/** What the kernel and the processor have counted of a group so far; null: not known. */
export interface GroupCounters {
  /** `perf_cgroup`, `perf_inherited`, `libproc`, or null where nothing can be counted. */
  readonly source: CounterSource | null;
  /** Whether what the kernel does for the members is counted, too. */
  readonly includesKernel: boolean;
  /** Why it is no better; null where it counts all. */
  readonly obstacle: string | null;
  /** CPU time. */
  readonly taskClockSeconds: number | null;
  /** Context switches; cumulative, as all counts here. */
  readonly contextSwitchCount: number | null;
  /** Moves from one CPU to another. */
  readonly migrationCount: number | null;
  /** Page faults, minor and major. */
  readonly pageFaultCount: number | null;
  /** Cycles of the processor. */
  readonly cycleCount: number | null;
  /** Instructions that were retired. */
  readonly instructionCount: number | null;
  /** References to the last-level cache. */
  readonly cacheReferenceCount: number | null;
  /** References that the last-level cache could not serve. */
  readonly cacheMissCount: number | null;
  /** Branch instructions that were retired. */
  readonly branchCount: number | null;
  /** Branches that were mispredicted. */
  readonly branchMissCount: number | null;
  /** For how much of the time the processor's counters ran; below 100 their figures are scaled. */
  readonly runningPercent: number | null;
}

/** What counters say now; null where nobody asked for them. */
export function countersOf(counters: TreeCounters | null): GroupCounters | null {
  if (!counters) return null;
  const counts = counters.read();
  return {
    source: counters.source,
    includesKernel: counters.includesKernel,
    obstacle: counters.gap ?? counters.obstacle,
    taskClockSeconds: seconds(counts.taskClockSeconds),
    contextSwitchCount: count(counts.contextSwitches),
    migrationCount: count(counts.migrations),
    pageFaultCount: count(counts.pageFaults),
    cycleCount: count(counts.cycles),
    instructionCount: count(counts.instructions),
    cacheReferenceCount: count(counts.cacheReferences),
    cacheMissCount: count(counts.cacheMisses),
    branchCount: count(counts.branches),
    branchMissCount: count(counts.branchMisses),
    runningPercent: percent(counts.runningShare * 100),
  };
}
