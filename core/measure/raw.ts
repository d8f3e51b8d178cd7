/**
 * The layout of one raw reading: a row of cumulative counters and gauges in base units (seconds, bytes,
 * counts). A row is a plain `Float64Array`, so that refreshing it a thousand times allocates nothing.
 * `NaN` means "not known"; it becomes `null` where a reading leaves the core.
 *
 * "Reaped" columns hold what the process has inherited from children it waited for: the kernel folds a
 * child's use into its parent at that moment, so own + reaped of every live member, plus what was reaped
 * by us, counts everything exactly once.
 */
export const Raw = {
  cpuSeconds: 0,
  reapedCpuSeconds: 1,
  userSeconds: 2,
  reapedUserSeconds: 3,
  systemSeconds: 4,
  reapedSystemSeconds: 5,
  minorFaults: 6,
  reapedMinorFaults: 7,
  majorFaults: 8,
  reapedMajorFaults: 9,
  /** Folded by the kernel: read and write calls, and storage bytes, already include reaped children. */
  ioReadBytes: 10,
  ioWriteBytes: 11,
  diskReadBytes: 12,
  diskWriteBytes: 13,
  /** Of the bytes to be written to storage, those that were deleted or overwritten before they got there. */
  diskCancelledWriteBytes: 14,
  voluntarySwitches: 15,
  involuntarySwitches: 16,
  memoryBytes: 17,
  /** High-water mark of this one process (VmHWM on Linux). */
  peakMemoryBytes: 18,
  threadCount: 19,
  fileDescriptorCount: 20,
  /** Memory with shared pages divided among those who share them (proportional set size); read on request only. */
  pssBytes: 21,
  /** Of GPUs, read on request only: 100 is one device busy. */
  gpuPercent: 22,
  gpuMemoryBytes: 23,
} as const;

/** Number of columns in a row. */
export const RAW_WIDTH = Object.keys(Raw).length;

/** A row in which nothing is known yet. */
export function unknownRow(): Float64Array {
  return new Float64Array(RAW_WIDTH).fill(NaN);
}

/** The cumulative totals a tree is billed with; a subset of a row's meanings, reaped use folded in. */
export const Total = {
  cpuSeconds: 0,
  userSeconds: 1,
  systemSeconds: 2,
  minorFaults: 3,
  majorFaults: 4,
  ioReadBytes: 5,
  ioWriteBytes: 6,
  diskReadBytes: 7,
  diskWriteBytes: 8,
  diskCancelledWriteBytes: 9,
  voluntarySwitches: 10,
  involuntarySwitches: 11,
} as const;

/** Number of cumulative totals. */
export const TOTAL_WIDTH = Object.keys(Total).length;

/** For each total, the one or two columns of a row that add up to it. */
export const TOTAL_COLUMNS: readonly (readonly number[])[] = [
  [Raw.cpuSeconds, Raw.reapedCpuSeconds],
  [Raw.userSeconds, Raw.reapedUserSeconds],
  [Raw.systemSeconds, Raw.reapedSystemSeconds],
  [Raw.minorFaults, Raw.reapedMinorFaults],
  [Raw.majorFaults, Raw.reapedMajorFaults],
  [Raw.ioReadBytes],
  [Raw.ioWriteBytes],
  [Raw.diskReadBytes],
  [Raw.diskWriteBytes],
  [Raw.diskCancelledWriteBytes],
  [Raw.voluntarySwitches],
  [Raw.involuntarySwitches],
];
