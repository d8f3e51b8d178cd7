import { unitOf } from "../../../core/measure/metrics.ts";
import { humanBytes, humanNumber, humanPercent, humanSeconds } from "../../../render/words/units.ts";
import type { Expression } from "../language/expression.ts";

/** A number as people read it, in the quantity of what a condition compares. */
export function valueInWords(expression: Expression, value: number): string {
  if (expression.type === "age") return humanSeconds(value);
  if (expression.type === "figure") return inUnit(expression.name, value);
  if (expression.type !== "call" || expression.figure === "" || expression.name === "count") {
    return humanNumber(value);
  }
  if (expression.name === "anomaly" || expression.name === "outlier") {
    return `${humanNumber(value)} deviations`;
  }
  const words = inUnit(expression.figure, value);
  return expression.name === "rate" ? `${words}/s` : words;
}

function inUnit(figure: string, value: number): string {
  const unit = unitOf(figure);
  if (unit === "bytes") return humanBytes(value);
  if (unit === "percent") return humanPercent(value);
  return unit === "seconds" && value >= 0 ? humanSeconds(value) : humanNumber(value);
}
