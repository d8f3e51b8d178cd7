import prettyBytes from "pretty-bytes";
import prettyMilliseconds from "pretty-ms";

/** Stands for what is unknown. */
const UNKNOWN = "–";

type Figure = number | null | undefined;

const known = (value: Figure): value is number => value !== null && value !== undefined;

/** `1.5 GiB`. */
export function humanBytes(bytes: Figure): string {
  return known(bytes) ? prettyBytes(bytes, { binary: true }) : UNKNOWN;
}

/** `2m 3.4s`, `12.34s`, `45.6ms`. */
export function humanSeconds(seconds: Figure): string {
  if (!known(seconds)) return UNKNOWN;
  if (seconds < NEARLY_A_SECOND) return `${(seconds * 1_000).toPrecision(3)}ms`;
  return prettyMilliseconds(Math.max(1, seconds) * 1_000, {
    secondsDecimalDigits: seconds < 60 ? 2 : 1,
    keepDecimalsOnWholeSeconds: true,
  });
}

/** From here on three digits of milliseconds are 1000, which has an exponent. */
const NEARLY_A_SECOND = 0.9995;

/** `45s`, `12m 3s`, `5h 12m`, `3d 4h`. */
export function shortTime(seconds: Figure): string {
  if (!known(seconds)) return UNKNOWN;
  const whole = Math.floor(seconds);
  const units: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "m"], [1, "s"]];
  const first = units.findIndex(([size]) => whole >= size);
  if (first < 0) return "0s";
  const [size, unit] = units[first];
  const next = units[first + 1];
  const rest = next ? Math.floor(whole % size / next[0]) : 0;
  return `${Math.floor(whole / size)}${unit}${rest > 0 ? ` ${rest}${next[1]}` : ""}`;
}

/** `1,234,567`. */
export function humanCount(value: Figure): string {
  if (!known(value)) return UNKNOWN;
  // What a locale is to say takes Bun 1.5 ms to be ready for; whole numbers need none.
  return Number.isSafeInteger(value) ? `${value}`.replace(THOUSANDS, ",") : value.toLocaleString("en-US");
}

/** Before each three digits from the end, where there are some before them. */
const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/** What may have any size, sign and unit: whole numbers whole, others to four digits. */
export function humanNumber(value: Figure): string {
  if (!known(value) || Number.isInteger(value) || Math.abs(value) >= 10_000) {
    return humanCount(known(value) ? Math.round(value) : value);
  }
  return String(Number(value.toPrecision(4)));
}

/** `1 thread`, `2 threads`. */
export function counted(value: Figure, what: string, several = `${what}s`): string {
  return `${humanCount(value)} ${value === 1 ? what : several}`;
}

/** `93.1%`. */
export function humanPercent(value: Figure): string {
  return known(value) ? `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)}%` : UNKNOWN;
}
