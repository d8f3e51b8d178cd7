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
  return seconds < 1 ? `${(seconds * 1_000).toPrecision(3)}ms` : prettyMilliseconds(seconds * 1_000, {
    secondsDecimalDigits: seconds < 60 ? 2 : 1,
    keepDecimalsOnWholeSeconds: true,
  });
}

/** `1,234,567`. */
export function humanCount(value: Figure): string {
  return known(value) ? value.toLocaleString("en-US") : UNKNOWN;
}

/** `93.1%`. */
export function humanPercent(value: Figure): string {
  return known(value) ? `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)}%` : UNKNOWN;
}
