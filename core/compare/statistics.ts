import { twoSidedProbability, twoSidedQuantile } from "./student_t.ts";

/** What a handful of measurements of one quantity come to. */
export interface Description {
  readonly count: number;
  readonly mean: number;
  /** The standard deviation of the sample (by count − 1); NaN for a single value. */
  readonly deviation: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Describe measurements; there has to be one at least. */
export function describe(values: readonly number[]): Description {
  const count = values.length;
  const sorted = values.toSorted((a, b) => a - b);
  // Counted from the least: a tenth, ten times, has the mean of a tenth and no deviation. Within the range, whatever
  // is rounded.
  const mean = Math.min(
    sorted[count - 1],
    sorted[0] + values.reduce((sum, value) => sum + (value - sorted[0]), 0) / count,
  );
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const middle = count >> 1;
  return {
    count,
    mean,
    deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : NaN,
    median: count % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
    min: sorted[0],
    max: sorted[count - 1],
  };
}

/** The difference of two means, how sure it is, and how likely chance alone makes one as large. */
export interface MeanDifference {
  /** Mean of the second less mean of the first. */
  readonly difference: number;
  /** The confidence interval of the difference. */
  readonly low: number;
  readonly high: number;
  readonly probability: number;
}

/**
 * Welch's t-test: two means, without the assumption that both deviate alike (B. L. Welch, Biometrika 34, 1947).
 * Where neither side deviates at all there is no noise, and any difference is one.
 *
 * @param confidence of the interval, such as 0.95
 */
export function welch(first: Description, second: Description, confidence: number): MeanDifference {
  const difference = second.mean - first.mean;
  const [a, b] = [first.deviation ** 2 / first.count, second.deviation ** 2 / second.count];
  const error = Math.sqrt(a + b);
  if (error === 0) {
    return { difference, low: difference, high: difference, probability: difference === 0 ? 1 : 0 };
  }
  const df = (a + b) ** 2 / (a ** 2 / (first.count - 1) + b ** 2 / (second.count - 1));
  const reach = twoSidedQuantile(1 - confidence, df) * error;
  return {
    difference,
    low: difference - reach,
    high: difference + reach,
    probability: twoSidedProbability(difference / error, df),
  };
}

/**
 * Holm's correction for several tests at once: probabilities that can each be held against one level, in the order
 * given (S. Holm, Scandinavian Journal of Statistics 6, 1979).
 */
export function holm(probabilities: readonly number[]): number[] {
  const order = probabilities.map((_, index) => index).sort((a, b) => probabilities[a] - probabilities[b]);
  const adjusted = new Array<number>(probabilities.length);
  let least = 0;
  order.forEach((index, rank) => {
    least = Math.min(1, Math.max(least, probabilities[index] * (order.length - rank)));
    adjusted[index] = least;
  });
  return adjusted;
}
