import { askBy } from "./manager_api.ts";

/** One of two that are compared, as the manager takes it. Times are ms since 1970. */
export interface Side {
  readonly tasks?: readonly number[];
  readonly agents?: readonly number[];
  readonly unit?: string;
  readonly target?: string;
  readonly version?: string;
  readonly of?: "tasks" | "hosts";
  readonly from: number;
  readonly until: number;
}

/** What is one value of a side. */
export type Basis = "tasks" | "runs" | "moments";

/** What the values of a side come to. */
export interface SideFigures {
  readonly count: number;
  readonly mean: number | null;
}

/** How the second side differs from the first in a column. */
export interface Difference {
  readonly column: string;
  readonly figure: "average" | "rate" | "total" | "peak";
  readonly sides: readonly [SideFigures, SideFigures];
  readonly difference: number | null;
  readonly difference_percent: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly adjusted_probability: number | null;
  readonly verdict: "more" | "less" | "within_noise" | "too_few" | "unknown";
}

/** Two sides, held against each other. */
export interface Comparison {
  readonly confidence_percent: number;
  readonly columns: readonly Difference[];
  readonly notes: readonly string[];
}

/** Hold two sides against each other. */
export async function compareSides(
  sides: readonly [Side, Side],
  columns: readonly string[],
  basis: Basis,
  signal: AbortSignal,
): Promise<Comparison> {
  // Moments of the API are words, as they are in an address.
  const told = sides.map(({ from, until, ...rest }) => ({
    ...rest,
    from: String(from),
    until: String(until),
  }));
  return await askBy<Comparison>("POST", "compare", { sides: told, columns, basis }, signal);
}
