import { parseRfc3339 } from "./rfc3339.ts";
import type { Fields } from "./fields.ts";
import { isFields } from "./fields.ts";

/** Numbers from here on are ms since 1970; smaller ones from the next on are seconds, and what is below is neither. */
const LEAST_MS = 1e11;
const LEAST_SECONDS = 1e9;

/**
 * When something was, ms since 1970; NaN where the message does not tell: the time of arrival has to do.
 * @param within `metrics`, whose timestamp is that of the sample itself
 * @param isSinceBoot whether a number is the time since the sender's start, whatever it looks like
 */
export function timeOf(message: Fields, within: Fields | null, isSinceBoot: boolean): number {
  const inner = within?.timestamp;
  if (typeof inner === "string") {
    const time = parseRfc3339(inner);
    if (!Number.isNaN(time)) return time;
  }
  const outer = message.timestamp;
  if (typeof outer === "string") return parseRfc3339(outer);
  if (typeof outer === "number") return isSinceBoot ? NaN : ofNumber(outer);
  return isFields(outer) ? ofSystemTime(outer) : NaN;
}

function ofNumber(value: number): number {
  // What a Date cannot hold is not a time.
  if (value > 8.64e15) return NaN;
  return value >= LEAST_MS ? Math.floor(value) : value >= LEAST_SECONDS ? Math.floor(value * 1_000) : NaN;
}

/** As Rust's serde writes a `SystemTime`. */
function ofSystemTime({ secs_since_epoch: seconds, nanos_since_epoch: nanos }: Fields): number {
  if (typeof seconds !== "number" || !(seconds >= 0) || seconds > 8.64e12) return NaN;
  const ms = typeof nanos === "number" && nanos >= 0 && nanos < 1e9 ? Math.floor(nanos / 1e6) : 0;
  return Math.floor(seconds) * 1_000 + ms;
}
