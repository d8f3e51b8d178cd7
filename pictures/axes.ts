import { humanBytes, humanCount, humanPercent } from "../exporters/units.ts";
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
  }
}

/** A value on an axis: short. */
export function onAxis(value: number, unit: PanelUnit): string {
  if (value === 0) return unit === "percent" ? "0%" : "0";
  if (unit === "percent") return `${value}%`;
  if (unit === "count" || unit === "count_per_second") return compact(value);
  return humanBytes(value).replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " ");
}

const compact = (value: number) =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : value.toLocaleString("en-US");

/** Steps between ticks of an axis: round in powers of two for bytes, of ten otherwise. */
export function axisSteps(unit: PanelUnit): number[] {
  const bytes = unit === "bytes" || unit === "bytes_per_second";
  const steps: number[] = [];
  if (bytes) {
    for (let power = 0; power < 60; power++) steps.push(2 ** power);
  } else {
    for (let power = unit === "percent" ? -2 : 0; power < 16; power++) {
      for (const digit of [1, 2, 5]) steps.push(Number(`${digit}e${power}`));
    }
  }
  return steps;
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
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * 86_400),
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
  const clock = [
    days > 0 ? `${days}d` : "",
    days > 0 || hours > 0 ? `${hours}h` : "",
    `${minutes}m`,
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
  // Multiplied, not added up: sums of tenths drift.
  return { step, at: Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => index * step) };
}
