import { count, percent, seconds } from "../core/measure/numbers.ts";
import { Total } from "../core/measure/raw.ts";
import { countersOf } from "./group_counters.ts";
import type { GroupCounters } from "./group_counters.ts";
import type { ProcessTree } from "./process_tree.ts";

/** What a group has used so far; cumulative figures include the members that have ended. null: not known. */
export interface ProcessGroupStats {
  /** Processes alive in the group, zombies included. */
  readonly activeProcessCount: number;
  /** User and system time together. */
  readonly totalCpuTimeSeconds: number | null;
  /** With the system's the whole total; not known before the kernel's first tick. */
  readonly userCpuTimeSeconds: number | null;
  /** Seconds in the kernel. */
  readonly systemCpuTimeSeconds: number | null;
  /** Bytes of memory in use now. */
  readonly memoryBytes: number | null;
  /** The highest seen, or the kernel's own count where there is one. */
  readonly peakMemoryBytes: number | null;
  /** The most that any one process of the group had resident. */
  readonly peakProcessMemoryBytes: number | null;
  /** Sum of the members' resident memory, shared pages once for each. */
  readonly residentBytes: number | null;
  /** At the storage layer. */
  readonly diskReadBytes: number | null;
  /** Bytes written, at the storage layer. */
  readonly diskWriteBytes: number | null;
  /** Of them, deleted or overwritten before they got there. */
  readonly diskCancelledWriteBytes: number | null;
  /** Through read and write calls. */
  readonly ioReadBytes: number | null;
  /** Bytes written, through write calls. */
  readonly ioWriteBytes: number | null;
  /** Payload of the members' sockets, through the loopback and through all other interfaces; where it was asked for. */
  readonly networkRxBytes: number | null;
  /** Bytes sent through all interfaces but the loopback. */
  readonly networkTxBytes: number | null;
  /** Bytes received through the loopback. */
  readonly networkLoopbackRxBytes: number | null;
  /** Bytes sent through the loopback. */
  readonly networkLoopbackTxBytes: number | null;
  /** How busy the members keep GPUs, 100 being one of them, and what memory they have there; where it was asked for. */
  readonly gpuPercent: number | null;
  /** Bytes of memory that the members have on GPUs. */
  readonly gpuMemoryBytes: number | null;
  /** Page faults that needed no I/O; cumulative. */
  readonly minorFaults: number | null;
  /** Page faults that needed I/O; cumulative. */
  readonly majorFaults: number | null;
  /** Threads of all members, now. */
  readonly threadCount: number | null;
  /** Open file descriptors of all members, now. */
  readonly fileDescriptorCount: number | null;
  /** Processes seen since the group was made. */
  readonly totalProcessCount: number;
  /** Members that the kernel killed because memory ran out. */
  readonly oomKillCount: number | null;
  /** How often memory had to be taken back, and a fork was refused, at the group's limits. */
  readonly memoryLimitHitCount: number | null;
  /** How often a fork was refused at the group's limit. */
  readonly processLimitHitCount: number | null;
  /** How long the group's limit on CPU made it wait. */
  readonly cpuThrottledSeconds: number | null;
  /** What the kernel and the processor count, as of this moment; null where it was not asked for. */
  readonly counters: GroupCounters | null;
}

/** The statistics that are known of every look at a tree. */
export type ProcessGroupUsage = Omit<
  ProcessGroupStats,
  // What a limit makes the kernel count, in files that have to be opened for it.
  "oomKillCount" | "memoryLimitHitCount" | "processLimitHitCount" | "cpuThrottledSeconds"
>;

/** The statistics at the tree's last refresh. */
export function statsOf(tree: ProcessTree): ProcessGroupStats {
  const events = tree.container.limitEvents();
  return {
    ...usageOf(tree),
    oomKillCount: count(events.oomKillCount),
    memoryLimitHitCount: count(events.memoryLimitHitCount),
    processLimitHitCount: count(events.processLimitHitCount),
    cpuThrottledSeconds: seconds(events.cpuThrottledSeconds),
  };
}

/** Those of them that nothing has to be read for. */
export function usageOf(tree: ProcessTree): ProcessGroupUsage {
  const { reading } = tree;
  const { totals } = reading;
  const sum = reading.memoryBytes;
  const known = reading.knownPeakMemoryBytes;
  return {
    activeProcessCount: reading.processCount,
    totalCpuTimeSeconds: seconds(totals[Total.cpuSeconds]),
    userCpuTimeSeconds: seconds(totals[Total.userSeconds]),
    systemCpuTimeSeconds: seconds(totals[Total.systemSeconds]),
    memoryBytes: count(sum),
    peakMemoryBytes: count(
      Number.isNaN(known) ? tree.peaks.sumBytes : Math.max(known, tree.peaks.sumBytes),
    ),
    peakProcessMemoryBytes: count(tree.peaks.processBytes),
    residentBytes: count(reading.residentBytes),
    diskReadBytes: count(totals[Total.diskReadBytes]),
    diskWriteBytes: count(totals[Total.diskWriteBytes]),
    diskCancelledWriteBytes: count(totals[Total.diskCancelledWriteBytes]),
    ioReadBytes: count(totals[Total.ioReadBytes]),
    ioWriteBytes: count(totals[Total.ioWriteBytes]),
    networkRxBytes: count(reading.networkRxBytes),
    networkTxBytes: count(reading.networkTxBytes),
    networkLoopbackRxBytes: count(reading.loopbackRxBytes),
    networkLoopbackTxBytes: count(reading.loopbackTxBytes),
    gpuPercent: percent(reading.gpuPercent),
    gpuMemoryBytes: count(reading.gpuMemoryBytes),
    minorFaults: count(totals[Total.minorFaults]),
    majorFaults: count(totals[Total.majorFaults]),
    threadCount: count(reading.threadCount),
    fileDescriptorCount: count(reading.fileDescriptorCount),
    totalProcessCount: tree.totalProcessCount,
    counters: countersOf(tree.container.counters),
  };
}
