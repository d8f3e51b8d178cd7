import type { Style } from "./style.ts";

const HOT_PERCENT = 90;
const WARM_PERCENT = 25;
/** Less is rounded to nothing. */
const LEAST_PERCENT = 0.05;

/** The look of a share of a core in percent: what stands out is what is busy. */
export function heat(value: number): Style | undefined {
  if (value >= HOT_PERCENT) return "hot";
  if (value >= WARM_PERCENT) return "warm";
  return value < LEAST_PERCENT ? "dim" : undefined;
}

/** `12.3` without its sign, for a column of them; nothing for what rounds to none, `-` for NaN. */
export function shortPercent(value: number): string {
  if (Number.isNaN(value)) return "-";
  return value < LEAST_PERCENT ? "" : value.toFixed(value >= 1_000 ? 0 : 1);
}

const BINARY_UNITS = ["B", "K", "M", "G", "T", "P"];

/**
 * `20.7 M`, `1.50 K`, `512 B`: three digits and a letter of one column, so that a column of them is aligned; nothing for
 * nothing, `-` for NaN.
 */
export function shortBytes(value: number): string {
  if (Number.isNaN(value)) return "-";
  if (value < 0.5) return "";
  let [size, unit] = [value, 0];
  // What would be rounded to four digits has the next unit.
  while (size >= 999.5 && unit < BINARY_UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${size.toFixed(digits)} ${BINARY_UNITS[unit]}`;
}

/** `14:05:09`, where the local time is so many minutes ahead of UTC. */
export function clockTime(timeMs: number, offsetMinutes: number): string {
  return new Date(timeMs + offsetMinutes * 60_000).toISOString().slice(11, 19);
}
