import type { ProcessFigures } from "./process_figures.ts";
import { Total, TOTAL_WIDTH } from "./raw.ts";

/** What a tree has used, as the kernel told it of each of its processes. */
export interface ToldTotals {
  /** Who told it. */
  readonly source: string;
  /** By {@link Total}; NaN where it was not told of everybody. */
  readonly totals: Float64Array;
}

const COLUMNS = [
  [Total.cpuSeconds, "cpuSeconds"],
  [Total.diskReadBytes, "diskReadBytes"],
  [Total.diskWriteBytes, "diskWriteBytes"],
  [Total.ioReadBytes, "ioReadBytes"],
  [Total.ioWriteBytes, "ioWriteBytes"],
  [Total.minorFaults, "minorFaults"],
  [Total.majorFaults, "majorFaults"],
] as const satisfies readonly (readonly [number, keyof ProcessFigures])[];

/** Add up what all processes used, of which nothing is missing. */
export function addUpTold(source: string, figures: readonly ProcessFigures[]): ToldTotals {
  const totals = new Float64Array(TOTAL_WIDTH).fill(NaN);
  for (const [total, name] of COLUMNS) totals[total] = figures.reduce((sum, each) => sum + each[name], 0);
  return { source, totals };
}
