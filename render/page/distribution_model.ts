import { quartilesOf } from "../../core/compare/quartiles.ts";
import type { Quartiles } from "../../core/compare/quartiles.ts";
import { unitOf } from "../../core/measure/metrics.ts";
import { axisSteps, TIME_STEPS } from "../plot/axes.ts";

/** The scale spans this share of the largest value at least, so that noise of no size does not fill it. */
const LEAST_SPAN = 0.02;
/** What is left free at both ends, as a share of the scale. */
const MARGIN = 0.05;
const MOST_TICKS = 4;
/** A box says something of so many runs or more. */
const FEWEST_BOXED = 4;
/** Dots as near as this would hide each other: a share of the scale. */
const DOT_SHARE = 0.013;
/** Dots stand in as many rows at most. */
const MOST_ROWS = 3;

/** A run: its place from 0 to 1 on the scale, and its row; row 0 is in the middle, then above and below in turn. */
export interface Dot {
  readonly at: number;
  readonly row: number;
  readonly value: number;
  /** The run's number in its set, from 1. */
  readonly run: number;
}

/** The runs of a set on the scale. */
export interface Lane {
  readonly dots: readonly Dot[];
  /** Quartiles as places on the scale; null of too few runs. */
  readonly box: Quartiles | null;
}

/** One quantity of all sets, on one scale. */
export interface Distribution {
  readonly lanes: readonly Lane[];
  readonly ticks: readonly { readonly at: number; readonly value: number }[];
}

/** Lay out the runs of each set on one scale; null where every run of every set is the same. */
export function distributionOf(name: string, sets: readonly (readonly number[])[]): Distribution | null {
  const all = sets.flat();
  const [least, most] = [Math.min(...all), Math.max(...all)];
  if (all.length === 0 || least === most) return null;
  const span = Math.max(most - least, LEAST_SPAN * Math.abs(most));
  const middle = (least + most) / 2;
  const low = Math.max(least >= 0 ? 0 : -Infinity, middle - span * (0.5 + MARGIN));
  const high = Math.max(most, low + span * (1 + 2 * MARGIN));
  const place = (value: number) => (value - low) / (high - low);
  return { lanes: sets.map((values) => laneOf(values, place)), ticks: ticksBetween(name, low, high, place) };
}

function laneOf(values: readonly number[], place: (value: number) => number): Lane {
  const lasts: number[] = [];
  const dots = values.map((value, index) => ({ value, at: place(value), run: index + 1 }))
    .toSorted((a, b) => a.value - b.value)
    .map((dot) => {
      const free = Array.from({ length: MOST_ROWS }, (_, row) => row)
        .find((row) => lasts[row] === undefined || dot.at - lasts[row] >= DOT_SHARE);
      // Where all rows are full the one that has waited longest takes it: dots lie half over each other.
      const row = free ?? lasts.indexOf(Math.min(...lasts));
      lasts[row] = dot.at;
      return { ...dot, row };
    });
  if (values.length < FEWEST_BOXED) return { dots, box: null };
  const { low, median, high } = quartilesOf(values);
  return { dots, box: { low: place(low), median: place(median), high: place(high) } };
}

function ticksBetween(
  name: string,
  low: number,
  high: number,
  place: (value: number) => number,
): Distribution["ticks"] {
  const unit = unitOf(name);
  const steps = unit === "seconds" ? TIME_STEPS : axisSteps(unit);
  const step = steps.find((one) => (high - low) / one <= MOST_TICKS) ?? steps[steps.length - 1];
  const first = Math.ceil(low / step);
  return Array.from(
    { length: Math.floor(high / step) - first + 1 },
    (_, index) => Number(((first + index) * step).toPrecision(12)),
  ).map((value) => ({ value, at: place(value) }));
}
