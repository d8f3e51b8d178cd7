/** `NaN` (unknown) becomes null, everything else a whole number. */
export function count(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value);
}

/** `NaN` becomes null; seconds are kept to the microsecond. */
export function seconds(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1e6) / 1e6;
}

/** `NaN` becomes null; percentages are kept to a hundredth. */
export function percent(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 100) / 100 : null;
}

let [lastMs, lastTimestamp] = [NaN, ""];

/** Milliseconds since the epoch as RFC 3339, UTC, milliseconds. */
export function timestamp(ms: number): string {
  // Many are told of the same moment.
  if (ms !== lastMs) [lastMs, lastTimestamp] = [ms, new Date(ms).toISOString()];
  return lastTimestamp;
}

/** The larger of two, where NaN is no value at all. */
export function larger(a: number, b: number): number {
  return a >= b || Number.isNaN(b) ? a : b;
}
