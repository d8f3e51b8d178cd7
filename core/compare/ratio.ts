/** One mean over another, with the standard deviation that both carry into it. */
export interface MeanRatio {
  readonly ratio: number;
  /** NaN where one of the deviations is unknown, as that of a single run. */
  readonly deviation: number;
}

/** A mean and the deviation around it. */
interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * How many times `second` is `first`. Independent relative errors add up in squares (first-order propagation), so that
 * the deviation is that of the ratio of two single runs.
 *
 * @returns undefined where `first` is zero or less: then there is no such number
 */
export function meanRatio(first: Spread, second: Spread): MeanRatio | undefined {
  if (!(first.mean > 0) || second.mean < 0) return undefined;
  const ratio = second.mean / first.mean;
  return { ratio, deviation: Math.hypot(second.deviation, ratio * first.deviation) / first.mean };
}
