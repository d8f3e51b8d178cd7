/**
 * The state of a tree at one tick: cumulative totals since the start and gauges, in base units, NaN where
 * unknown. One object per group, renewed in place.
 */
export interface Reading {
  /** Cumulative, laid out as `Total` in `core/raw.ts`. */
  readonly totals: Float64Array;
  memoryBytes: number;
  /** Sum of the members' resident memory: pages that several share are counted for each. */
  residentBytes: number;
  /** Sum of the members' proportional set sizes, resident memory where one is not known; NaN when none was read. */
  pssBytes: number;
  /** The highest memory known from the kernel, not from samples: a floor for the peak. */
  knownPeakMemoryBytes: number;
  threadCount: number;
  fileDescriptorCount: number;
  processCount: number;
}
