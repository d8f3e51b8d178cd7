import { usageError } from "./error.ts";

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** setTimeout's ceiling, 2^31 - 1 ms (about 24.8 days), bounds every duration. */
export const LONGEST_MS = 2_147_483_647;

/**
 * Parse `250ms`, `1.5s`, `2m` or `1h` into milliseconds.
 *
 * A bare number, zero, a negative one or one above 24 days is refused; `where` names the option or key in
 * the message.
 * @throws ProctorError of kind `usage`
 */
export function parseDuration(text: string, where: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (!match) {
    const bare = /^\d+(\.\d+)?$/.test(text) && Number(text) > 0;
    const right = bare ? `"${text}ms" or "${text}s"` : `a positive one such as "250ms", "1.5s", "2m" or "1h"`;
    throw usageError(`${where}: "${text}" is not a duration; write ${right}`);
  }
  // To the microsecond: 1.001 × 1000 is a hair less than 1001.
  const ms = Math.round(Number(match[1]) * UNIT_MS[match[2]] * 1_000) / 1_000;
  if (!(ms > 0)) {
    throw usageError(`${where}: "${text}" is zero; a duration must be positive, such as "250ms"`);
  }
  if (ms > LONGEST_MS) throw usageError(`${where}: "${text}" is longer than the longest duration, "596h"`);
  return ms;
}

/**
 * A duration as it is typed on a command line: what {@link parseDuration} reads, and a bare number of seconds, as
 * timeout(1) and sleep(1) have it. Files keep to units, since their specifications mean various things without one.
 * @throws ProctorError of kind `usage`
 */
export function parseTypedDuration(text: string, where: string): number {
  return parseDuration(withSeconds(text), where);
}

/** A typed duration with its unit: `5` is `5s`; everything else stays as it is. */
export function withSeconds(text: string): string {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? `${text}s` : text;
}

/** From here up an integer without a unit is nanoseconds (Go's time.Duration) … */
const NANOSECONDS_FROM = 1_000_000;
/** … and below this it is seconds (the Rust form); what lies between could mean either. */
const SECONDS_BELOW = 1_000;

/**
 * A number without a unit, as other programs' configurations have it, in milliseconds; null when it could be seconds
 * or nanoseconds.
 */
export function unitlessDuration(value: number): number | null {
  if (value >= NANOSECONDS_FROM) return value / 1e6;
  return value < SECONDS_BELOW ? value * 1e3 : null;
}

/** Render milliseconds the way {@link parseDuration} reads them: the largest unit that stays short. */
export function formatDuration(ms: number): string {
  for (const unit of ["h", "m", "s"]) {
    if (ms >= UNIT_MS[unit] && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return ms >= 1_000 ? `${ms / 1_000}s` : `${ms}ms`;
}
