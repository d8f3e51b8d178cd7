/** Six digits after the point are no longer exact beyond. */
const MAX_ROUNDED = Number.MAX_SAFE_INTEGER / 1e6;

/**
 * A sum of figures that have six digits after the point at most, as which agents send them, has no more of them either:
 * what comes out beyond is what doubles cannot do.
 */
export function addExactly(a: number, b: number): number {
  const sum = a + b;
  if (Number.isInteger(sum) || Math.abs(sum) > MAX_ROUNDED) return sum;
  const rounded = Math.round(sum * 1e6) / 1e6;
  return Math.abs(rounded - sum) <= (Math.abs(a) + Math.abs(b)) * 4 * Number.EPSILON ? rounded : sum;
}

/** What a counter has grown by since the sample before; nothing where that is not known. */
export function increaseOf(value: number, last: number, begins: boolean): number {
  if (begins || value < last) return value;
  return Number.isNaN(last) ? 0 : addExactly(value, -last);
}
