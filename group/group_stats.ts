import { count, seconds } from "../core/numbers.ts";
import { Total } from "../core/raw.ts";
import type { ProcessTree } from "./process_tree.ts";

/** What a group has used so far; cumulative figures include the members that have ended. null: not known. */
export interface ProcessGroupStats {
  /** Processes alive in the group, zombies included. */
  readonly activeProcessCount: number;
  /** User and system time together. */
  readonly totalCpuTimeSeconds: number | null;
  readonly userCpuTimeSeconds: number | null;
  readonly systemCpuTimeSeconds: number | null;
  readonly memoryBytes: number | null;
  /** The highest seen, or the kernel's own count where there is one. */
  readonly peakMemoryBytes: number | null;
  /** Sum of the members' resident memory, shared pages once for each. */
  readonly residentBytes: number | null;
  /** At the storage layer. */
  readonly diskReadBytes: number | null;
  readonly diskWriteBytes: number | null;
  /** Through read and write calls. */
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  readonly minorFaults: number | null;
  readonly majorFaults: number | null;
  readonly threadCount: number | null;
  readonly fileDescriptorCount: number | null;
  /** Processes seen since the group was made. */
  readonly totalProcessCount: number;
  /** Members that the kernel killed for want of memory. */
  readonly oomKillCount: number | null;
  /** How often memory had to be taken back, and a fork was refused, at the group's limits. */
  readonly memoryLimitHitCount: number | null;
  readonly processLimitHitCount: number | null;
  /** How long the group's limit on CPU made it wait. */
  readonly cpuThrottledSeconds: number | null;
}

/** The statistics at the tree's last refresh. */
export function statsOf(tree: ProcessTree): ProcessGroupStats {
  const { reading } = tree;
  const { totals } = reading;
  const sum = reading.memoryBytes;
  const events = tree.container.limitEvents();
  const known = reading.knownPeakMemoryBytes;
  return {
    activeProcessCount: reading.processCount,
    totalCpuTimeSeconds: seconds(totals[Total.cpuSeconds]),
    userCpuTimeSeconds: seconds(totals[Total.userSeconds]),
    systemCpuTimeSeconds: seconds(totals[Total.systemSeconds]),
    memoryBytes: count(sum),
    peakMemoryBytes: count(
      Number.isNaN(known) ? tree.peakMemoryBytes : Math.max(known, tree.peakMemoryBytes),
    ),
    residentBytes: count(reading.residentBytes),
    diskReadBytes: count(totals[Total.diskReadBytes]),
    diskWriteBytes: count(totals[Total.diskWriteBytes]),
    ioReadBytes: count(totals[Total.ioReadBytes]),
    ioWriteBytes: count(totals[Total.ioWriteBytes]),
    minorFaults: count(totals[Total.minorFaults]),
    majorFaults: count(totals[Total.majorFaults]),
    threadCount: count(reading.threadCount),
    fileDescriptorCount: count(reading.fileDescriptorCount),
    totalProcessCount: tree.totalProcessCount,
    oomKillCount: count(events.oomKillCount),
    memoryLimitHitCount: count(events.memoryLimitHitCount),
    processLimitHitCount: count(events.processLimitHitCount),
    cpuThrottledSeconds: seconds(events.cpuThrottledSeconds),
  };
}
