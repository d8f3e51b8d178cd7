import type uPlot from "uplot";
import { onAxis } from "../../plot/axes.ts";
import type { PanelUnit } from "../../plot/panels.ts";

/** What is smaller than this share of the highest value is drawn as on a linear scale: zero has a place, too. */
const LINEAR_SHARE = 1e-4;
/** Labels on the axis. */
const MOST_TICKS = 5;

/** A logarithmic scale with zero on it: the inverse hyperbolic sine. */
export function logScale(highest: number): uPlot.Scale {
  return { distr: 4, asinh: Math.max(highest, 1e-9) * LINEAR_SHARE };
}

/** Its axis, with zero and whole powers: of two for bytes, of ten otherwise. */
export function logAxis(axis: uPlot.Axis, unit: PanelUnit, highest: number): uPlot.Axis {
  const ticks = logTicks(unit, highest);
  return {
    ...axis,
    splits: () => ticks,
    filter: (_plot, splits) => splits,
    values: (_plot, splits) => splits.map((value) => onAxis(value, unit)),
  };
}

/** Zero, and powers up to the highest value. */
export function logTicks(unit: PanelUnit, highest: number): number[] {
  const base = unit.startsWith("bytes") ? 2 : 10;
  const top = Math.floor(Math.log(Math.max(highest, 1e-9)) / Math.log(base) + 1e-9);
  const decades = Math.round(-Math.log(LINEAR_SHARE) / Math.log(base));
  const step = Math.max(1, Math.ceil(decades / MOST_TICKS));
  const powers = Array.from({ length: MOST_TICKS }, (_, index) => base ** (top - step * index)).reverse();
  // What is as near to zero as this would stand on its label.
  const least = 2 * LINEAR_SHARE * highest;
  return [0, ...powers.filter((value) => value >= least).map((value) => Number(value.toPrecision(12)))];
}
