/** Where the middle half of some values lies, and their middle. */
export interface Quartiles {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/**
 * The quartiles of some values, interpolated between neighbours (type 7 of Hyndman and Fan, the default of R and
 * NumPy); there has to be one value at least.
 */
export function quartilesOf(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const next = sorted[Math.min(below + 1, sorted.length - 1)];
    return sorted[below] + (place - below) * (next - sorted[below]);
  };
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}
