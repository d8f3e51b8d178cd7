import type { ProcessFigures } from "./process_figures.ts";
import { Total, TOTAL_WIDTH } from "./raw.ts";

/** What a tree has used, as the kernel told it of each of its processes. */
export interface ToldTotals {
  /** Who told it. */
  readonly source: string;
  /** By {@link Total}; NaN where nobody told it. */
  readonly totals: Float64Array;
  /** Whether all of these were told of everybody; if not, CPU alone was. */
  readonly isWhole: boolean;
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

/** Add up what all processes used. */
export function addUpTold(source: string, figures: readonly ProcessFigures[], isWhole: boolean): ToldTotals {
  const totals = new Float64Array(TOTAL_WIDTH).fill(NaN);
  for (const [total, name] of COLUMNS) {
    const known = figures.map((each) => each[name]).filter((value) => !Number.isNaN(value));
    if (known.length > 0) totals[total] = known.reduce((sum, value) => sum + value, 0);
  }
  return { source, totals, isWhole };
}
