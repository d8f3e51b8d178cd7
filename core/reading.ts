import { TOTAL_WIDTH } from "./raw.ts";

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

/** A reading of which nothing is known yet. */
export function unknownReading(totals: Float64Array = new Float64Array(TOTAL_WIDTH).fill(NaN)): Reading {
  return {
    totals,
    memoryBytes: NaN,
    residentBytes: NaN,
    pssBytes: NaN,
    knownPeakMemoryBytes: NaN,
    threadCount: NaN,
    fileDescriptorCount: NaN,
    processCount: 0,
  };
}
