import { humanBytes, humanCount, humanNumber, humanPercent } from "../words/units.ts";
import type { PanelUnit } from "./panels.ts";

/** A value of a chart in words. */
export function inWords(value: number, unit: PanelUnit): string {
  switch (unit) {
    case "percent":
      return humanPercent(value);
    case "bytes":
      return humanBytes(value);
    case "bytes_per_second":
      return `${humanBytes(value)}/s`;
    case "count":
      return humanCount(value);
    case "count_per_second":
      return `${value < 10 ? value.toFixed(1) : humanCount(Math.round(value))}/s`;
    case "number":
      return humanNumber(value);
    case "number_per_second":
      return `${humanNumber(value)}/s`;
    case "milliseconds":
      return `${humanNumber(value)} ms`;
  }
}

/** No label of an axis is longer. */
export const LONGEST_LABEL = 9;

/** A tick of an axis in words: round, and short at every scale. */
export function onAxis(tick: number, unit: PanelUnit): string {
  // What programs tell of themselves may be below zero.
  if (tick < 0) return `−${onAxis(-tick, unit)}`;
  if (tick === 0) return unit === "percent" ? "0%" : "0";
  if (isBytes(unit)) return scaledBytes(tick);
  return unit === "percent" ? `${scaled(rounded(tick), 1e6)}%` : scaled(rounded(tick));
}

/** Whoever has added up the steps to a tick has added their errors; no round number has more digits. */
const rounded = (value: number) => Number(value.toPrecision(6));

/** Below this, zeros say less than an exponent. */
const LEAST_WRITTEN_OUT = 1e-3;
const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];
const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

function scaled(value: number, firstWithPrefix = 1e4): string {
  if (value < LEAST_WRITTEN_OUT) return value.toExponential();
  if (value < firstWithPrefix) return value.toLocaleString("en-US", { maximumSignificantDigits: 6 });
  const power = Math.min(PREFIXES.length - 1, Math.floor(Math.log10(value) / 3));
  return `${written(value / 1_000 ** power)}${PREFIXES[power]}`;
}

function scaledBytes(value: number): string {
  if (value < LEAST_WRITTEN_OUT) return `${rounded(value).toExponential()} B`;
  const power = value < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(value) / 10 + 1e-9));
  return `${written(value / 1_024 ** power)} ${BYTE_UNITS[power]}`;
}

/** Without zeros behind; what has no prefix any more, with an exponent. */
const written = (value: number) => value < 1e4 ? String(rounded(value)) : value.toExponential(0);

const isBytes = (unit: PanelUnit) => unit === "bytes" || unit === "bytes_per_second";

const DIGITS = [1, 2, 5];

/** Steps of 1, 2 and 5, for all the powers of ten. */
const decimals = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => DIGITS.map((digit) => Number(`${digit}e${from + index}`)))
    .flat();

/**
 * Steps between ticks of an axis: round in powers of two for bytes, of ten otherwise. What is counted has no parts;
 * rates and percentages have them, however small.
 */
export function axisSteps(unit: PanelUnit): number[] {
  const smallest = unit === "bytes" || unit === "count" ? 0 : -12;
  if (!isBytes(unit)) return decimals(smallest, 24);
  return [...decimals(smallest, 0), ...Array.from({ length: 90 }, (_, power) => 2 ** power)];
}

/** Steps between ticks of time, in seconds. */
export const TIME_STEPS: number[] = [
  ...[1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1].flatMap((power) =>
    [1, 2, 5].map((digit) => Number((digit * power).toPrecision(1)))
  ),
  1,
  2,
  5,
  10,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3_600),
  ...decimals(0, 9).map((days) => days * 86_400),
];

/** A time on the axis, as exact as the step between two. */
export function timeOnAxis(seconds: number, step: number): string {
  if (seconds < 60 && step < 60) return `${seconds.toFixed(digitsFor(step))}s`;
  const whole = Math.floor(seconds);
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3_600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const rest = (seconds - 60 * Math.floor(whole / 60)).toFixed(digitsFor(step));
  // What is finer than the step is zero at every tick.
  const clock = [
    days > 0 || step >= 86_400 ? `${days}d` : "",
    step < 86_400 && (days > 0 || hours > 0 || step >= 3_600) ? `${hours}h` : "",
    step < 3_600 ? `${minutes}m` : "",
    step < 60 ? `${rest}s` : "",
  ];
  return clock.filter(Boolean).join(" ");
}

const digitsFor = (step: number) => Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));

/** A time for the readout, as exact as what is to be seen of the run. */
export function timeInWords(seconds: number, span: number): string {
  return timeOnAxis(seconds, Math.min(1, 10 ** Math.floor(Math.log10(Math.max(span, 1e-3) / 1_000))));
}

/** Round places on an axis: from 0 to `top`, at most `most` of them. */
export function ticksOf(
  top: number,
  steps: readonly number[],
  most: number,
): { readonly step: number; readonly at: number[] } {
  const step = steps.find((one) => top / one <= most) ?? steps[steps.length - 1];
  // Multiplied, not added up: sums of tenths drift. Three times a fifth is not quite three fifths either.
  const tick = (index: number) =>
    Number.isInteger(step) ? index * step : Number((index * step).toPrecision(12));
  return { step, at: Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => tick(index)) };
}
