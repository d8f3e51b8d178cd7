import { make } from "../parts/dom.ts";

/** Ranges are drawn up to this: what is beyond is told in words. */
const MOST_PERCENT = 200;
const LEAST_PERCENT = 5;

/** A range of percents: where it may be, and the most likely. */
export interface PercentRange {
  readonly low: number;
  readonly at: number;
  readonly high: number;
}

/** How far ranges reach from nothing, so that all of them can be drawn at one scale. */
export function reachOf(ranges: readonly PercentRange[]): number {
  const widest = Math.max(
    LEAST_PERCENT,
    ...ranges.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]),
  );
  return Math.min(MOST_PERCENT, widest * 1.1);
}

/** A range as a bar with a point, about a line where there is no difference; words beside it tell the same. */
export function intervalBar({ low, at, high }: PercentRange, reach: number, kind: string): HTMLElement {
  const placeOf = (value: number) => (Math.min(reach, Math.max(-reach, value)) / reach + 1) * 50;
  const range = make("i", { class: "range" });
  range.style.left = `${placeOf(low)}%`;
  range.style.width = `${Math.max(0.5, placeOf(high) - placeOf(low))}%`;
  const point = make("i", { class: "point" });
  point.style.left = `${placeOf(at)}%`;
  return make(
    "div",
    { class: `interval ${kind}`, "aria-hidden": "true" },
    make("i", { class: "zero" }),
    range,
    point,
  );
}
