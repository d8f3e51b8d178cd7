import { TOTAL_WIDTH } from "./raw.ts";

/**
 * The state of a tree at one tick: cumulative totals since the start and gauges, in base units, NaN where
 * unknown. One object per group, renewed in place.
 */
export interface Reading {
  /** Cumulative, laid out as `Total` in `core/measure/raw.ts`. */
  readonly totals: Float64Array;
  memoryBytes: number;
  /** Sum of the members' resident memory: pages that several share are counted for each. */
  residentBytes: number;
  /** Sum of the members' proportional set sizes, resident memory where one is not known; NaN when none was read. */
  pssBytes: number;
  /** The highest memory known from the kernel, not from samples: a floor for the peak. */
  knownPeakMemoryBytes: number;
  /** Context switches so far, as far as a sample can tell them; NaN where too much has happened unseen. */
  seenVoluntarySwitches: number;
  seenInvoluntarySwitches: number;
  threadCount: number;
  fileDescriptorCount: number;
  /** Cumulative payload of the tree's sockets: through the loopback, and through all other interfaces. */
  networkRxBytes: number;
  networkTxBytes: number;
  loopbackRxBytes: number;
  loopbackTxBytes: number;
  /** How busy the tree keeps GPUs, 100 being one device, and their memory; NaN where nobody has asked. */
  gpuPercent: number;
  gpuMemoryBytes: number;
  processCount: number;
  /** How often CPU of before was found and added: no rate can be told from an interval in which that happened. */
  catchUpCount: number;
}

/** A reading of which nothing is known yet. */
export function unknownReading(totals: Float64Array = new Float64Array(TOTAL_WIDTH).fill(NaN)): Reading {
  return {
    totals,
    memoryBytes: NaN,
    residentBytes: NaN,
    pssBytes: NaN,
    knownPeakMemoryBytes: NaN,
    seenVoluntarySwitches: NaN,
    seenInvoluntarySwitches: NaN,
    threadCount: NaN,
    fileDescriptorCount: NaN,
    networkRxBytes: NaN,
    networkTxBytes: NaN,
    loopbackRxBytes: NaN,
    loopbackTxBytes: NaN,
    gpuPercent: NaN,
    gpuMemoryBytes: NaN,
    processCount: 0,
    catchUpCount: 0,
  };
}
