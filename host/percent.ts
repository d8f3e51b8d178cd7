/** A share in percent to a hundredth, within 0 and 100; 0 of nothing is 0. */
export function share(part: number, whole: number): number {
  if (!(whole > 0)) return 0;
  return Math.min(100, Math.max(0, Math.round(part / whole * 10_000) / 100));
}

/** The largest number below 2^64 that JSON's numbers hold: what a reader of unsigned 64-bit integers still takes. */
const LARGEST = 2 ** 64 - 2_048;

/** A counter as an unsigned 64-bit integer. */
export function uint64(value: number): number {
  return Math.min(LARGEST, Math.max(0, Math.round(value)));
}
