import { humanBytes } from "../words/units.ts";
import type { Style } from "./style.ts";

const HOT_PERCENT = 90;
const WARM_PERCENT = 25;

/** The look of a share of a core in percent: what stands out is what is busy. */
export function heat(value: number): Style | undefined {
  if (value >= HOT_PERCENT) return "hot";
  if (value >= WARM_PERCENT) return "warm";
  return value < 0.05 ? "dim" : undefined;
}

/** `12.3` without its sign, for a column of them; `-` for NaN. */
export function shortPercent(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(value >= 1_000 ? 0 : 1);
}

/** `20.7 M`, for a column of them; `-` for NaN. */
export function shortBytes(value: number): string {
  return Number.isNaN(value) ? "-" : humanBytes(Math.round(value)).replace(/iB$/, "").replace(/ B$/, "B");
}

/** `14:05:09`, where the local time is so many minutes ahead of UTC. */
export function clockTime(timeMs: number, offsetMinutes: number): string {
  return new Date(timeMs + offsetMinutes * 60_000).toISOString().slice(11, 19);
}
