import { isQuantity, QUANTITIES } from "../../core/compare/quantity.ts";
import { unitOf } from "../../core/measure/metrics.ts";
import type { Difference, Measurement } from "../../core/schema/comparison_schema.ts";
import { humanBytes, humanCount, humanPercent, humanSeconds } from "./units.ts";

/** A quantity as people call it; what is none goes by its name. */
export function quantityWord(name: string): string {
  return isQuantity(name) ? QUANTITIES[name].label : name;
}

/** A figure of a quantity, in its unit. */
export function humanFigure(name: string, value: number | null): string {
  switch (unitOf(name)) {
    case "seconds":
      return value === 0 ? "0s" : humanSeconds(value);
    case "bytes":
      return humanBytes(value === null ? null : Math.round(value));
    case "percent":
      return humanPercent(value);
    case "count":
      return humanCount(
        value === null || Number.isInteger(value) ? value : Number(value.toFixed(value < 100 ? 1 : 0)),
      );
  }
}

/** `1.43s ± 20ms`, with a mark before what is only a bound. */
export function meanAndDeviation(name: string, { mean, deviation, quality, count }: Measurement): string {
  if (mean === null) return "unknown";
  const mark = quality === "lower_bound" ? "≥ " : quality === "upper_bound" ? "≤ " : "";
  const figure = `${mark}${humanFigure(name, mean)}`;
  return count > 1 && deviation !== 0 ? `${figure} ± ${humanFigure(name, deviation)}` : figure;
}

/** `1.40s … 1.47s`; empty where all are the same. */
export function range(name: string, { min, max }: Measurement): string {
  return min === max ? "" : `${humanFigure(name, min)} … ${humanFigure(name, max)}`;
}

/** `+5.6%`, `−0.03%`, with a true minus. */
export function signedPercent(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 1 ? 1 : 2;
  const text = size.toFixed(digits);
  return `${value > 0 ? "+" : value < 0 && Number(text) !== 0 ? "−" : "±"}${text}%`;
}

/** How a verdict is told: as it is, or as that of a difference which is sure and does not matter. */
export type Told = Difference["verdict"] | "negligible";

/** What is to be told of a difference; colours and bold type are for those that matter. */
export function told({ verdict, is_practical }: Difference): Told {
  return (verdict === "more" || verdict === "less") && !is_practical ? "negligible" : verdict;
}

/** Whether two sets are alike to the last digit, run by run: then there is no noise to speak of. */
export function isTheSame({ difference, low, high }: Difference): boolean {
  return difference === 0 && low === high;
}

/**
 * How the runs of two sets differ in the mean: `+5.6%`, from nothing `+1.2 MiB`, `the same`; empty where nothing is
 * known.
 */
export function change(name: string, found: Difference): string {
  const { difference, difference_percent } = found;
  if (difference === null) return "";
  if (isTheSame(found)) return "the same";
  if (difference === 0) return "±0%";
  if (difference_percent !== null) return signedPercent(difference_percent);
  return `${difference > 0 ? "+" : "−"}${humanFigure(name, Math.abs(difference))}`;
}
