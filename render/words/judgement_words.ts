import { parseCondition } from "../../core/compare/condition.ts";
import type { Comparison, Judgement } from "../../core/schema/comparison_schema.ts";
import { humanFigure } from "./quantity_words.ts";

/**
 * What a condition was judged by: `360ms against 172ms, which is 156ms +10%`, the last being what the first set has;
 * empty where it is not known.
 */
export function judgedFigures(comparison: Comparison, { condition, value, bound }: Judgement): string {
  if (value === null || bound === null) return "";
  const { quantity, statistic, relativeTo } = parseCondition(condition);
  const figures = `${humanFigure(quantity, value)} against ${humanFigure(quantity, bound)}`;
  const from = comparison.quantities.find(({ name }) => name === quantity)?.measurements[0][statistic];
  if (relativeTo === "zero" || typeof from !== "number") return figures;
  const more = /[+-]\s*[\d.]+\s*[%\w]*?(?=\s|$)/.exec(condition)?.[0].replace(/\s/g, "") ?? "";
  return `${figures}, which is ${humanFigure(quantity, from)} ${more}`;
}
