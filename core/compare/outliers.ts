import { describe } from "./statistics.ts";

/** With fewer runs nothing says which of them is the odd one out. */
const FEWEST_RUNS = 5;
/**
 * The modified z-score beyond which a value is an outlier, and the factor that makes a deviation of the median absolute
 * deviation (B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers, 1993).
 */
const FARTHEST = 3.5;
const NORMAL = 0.6745;
/** Where all runs but one agree to the microsecond, one that is a little off is not worth a warning. */
const LEAST_SHARE = 0.05;

/**
 * The values that do not belong to the others: far from the median by the median absolute deviation, which they do not
 * move themselves, and by a share of the median that matters.
 *
 * @returns their indices
 */
export function outliersOf(values: readonly number[]): number[] {
  if (values.length < FEWEST_RUNS) return [];
  const { median } = describe(values);
  const spread = describe(values.map((value) => Math.abs(value - median))).median;
  return [...values.keys()].filter((index) => {
    const distance = Math.abs(values[index] - median);
    return distance > LEAST_SHARE * median && NORMAL * distance > FARTHEST * spread;
  });
}
