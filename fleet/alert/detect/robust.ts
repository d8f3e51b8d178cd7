/** What makes a median absolute deviation a standard deviation, where values are spread normally. */
export const MAD_TO_SD = 1.4826;

/** The value that a share of the values is not above, between those of two places; NaN for none. Sorts in place. */
export function quantile(values: Float64Array, share: number): number {
  if (values.length === 0) return NaN;
  values.sort();
  const place = (values.length - 1) * share;
  const low = Math.floor(place);
  return values[low] + (values[Math.min(low + 1, values.length - 1)] - values[low]) * (place - low);
}

/** The median, and how far values are from it in the middle, as a standard deviation. */
export function medianAndSpread(values: Float64Array): { median: number; spread: number } {
  const median = quantile(values, 0.5);
  return { median, spread: MAD_TO_SD * quantile(values.map((value) => Math.abs(value - median)), 0.5) };
}

/** A difference in a figure that nobody calls one, whatever its spread is. */
export function leastDifference(figure: string): number {
  if (figure.endsWith("_bytes")) return 4 * 2 ** 20;
  if (figure.endsWith("_percent")) return 1;
  return figure.endsWith("_seconds") ? 0.1 : 1;
}
