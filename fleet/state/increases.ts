import { COLUMNS, noFigures } from "../model/column.ts";
import type { Figures } from "../model/column.ts";

/** Where the counters stand among the columns. */
export const COUNTERS_AT: readonly number[] = COLUMNS.flatMap(({ kind }, at) =>
  kind === "counter" ? [at] : []
);

/**
 * What one counter has grown by.
 * @param before NaN where nothing is known of it
 * @param begins whether a run has begun since, so that the counter has started at zero
 */
export function increaseOf(value: number, before: number, begins: boolean): number {
  if (begins || value < before) return value;
  return value - before;
}

/** Figures of which only counters are known. */
export function figuresOf(counters: Float64Array): Figures {
  const figures = noFigures();
  COUNTERS_AT.forEach((at, n) => figures[at] = counters[n]);
  return figures;
}

/** Write into `into` what counters have grown by from one sample of a task to the next; NaN for all else. */
export function writeIncreases(
  into: Figures,
  figures: Figures,
  before: Figures | null,
  begins: boolean,
): void {
  into.fill(NaN);
  for (const at of COUNTERS_AT) into[at] = increaseOf(figures[at], before ? before[at] : NaN, begins);
}
