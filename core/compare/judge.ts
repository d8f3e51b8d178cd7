import { checkValue, listOf, objectWith, oneOf, TEXT } from "../option.ts";
import type { Comparison, Judgement, Measurement } from "../schema/comparison_schema.ts";
import { COMPARISON } from "./comparison.ts";
import { ConditionError } from "./condition.ts";
import type { Condition, Operator } from "./condition.ts";
import { atMost, differenceOf, exactly, mapped, within } from "./figure_range.ts";
import type { FigureRange } from "./figure_range.ts";
import { QUANTITY_NAMES, resolutionOf } from "./quantity.ts";

type Outcome = Judgement["outcome"];

const CONDITIONS = listOf(
  "a list of what parseCondition returns",
  objectWith("a condition", { text: TEXT, quantity: oneOf(...QUANTITY_NAMES), operator: TEXT }),
);

/**
 * Judge conditions: each for every set but the first, or for the one set there is. The comparison must have the
 * conditions' quantities. A figure that is only a bound decides what it can.
 *
 * A stricter condition never holds where a laxer one does not: of "> 10", "> 5" and "> 5 significantly", what holds
 * rises with the bound and with the word only from `holds` over `undecided` to `does_not_hold`.
 *
 * @throws ConditionError when a condition needs a second set and there is none
 * @throws ProctorError of kind `usage` when these are no comparison and no conditions
 */
export function judge(comparison: Comparison, conditions: readonly Condition[]): Judgement[] {
  checkValue("comparison", comparison, COMPARISON);
  checkValue("conditions", conditions, CONDITIONS);
  const sets = comparison.sets.length > 1 ? comparison.sets.slice(1).map((_, index) => index + 1) : [0];
  return conditions.flatMap((condition) => {
    if (condition.relativeTo !== "zero" && comparison.sets.length < 2) {
      const at = condition.text.search(/[+-]\s*\d/);
      throw new ConditionError(
        condition.text,
        at,
        "there is only one set of runs, and nothing to count from",
      );
    }
    return sets.map((set) => judgeOne(comparison, condition, set));
  });
}

function judgeOne(comparison: Comparison, condition: Condition, set: number): Judgement {
  const { quantity, statistic, operator, relativeTo } = condition;
  const judged = (
    outcome: Judgement["outcome"],
    reason: string | null,
    value: number | null = null,
    bound: number | null = null,
  ): Judgement => ({ condition: condition.text, set, value, bound, outcome, reason });
  const row = comparison.quantities.find(({ name }) => name === quantity);
  if (!row) return judged("undecided", `${quantity} is unknown in all runs`);
  const [first, own] = [row.measurements[0], row.measurements[set]];
  const value = own[statistic];
  if (value === null || own.quality === "unavailable") {
    return judged("undecided", `${quantity} is unknown in some runs`);
  }
  const from = relativeTo === "zero" ? 0 : first[statistic];
  if (from === null) return judged("undecided", `${quantity} is unknown in the first set`, value);
  const boundOf = (figure: number) =>
    relativeTo === "first_in_percent" ? figure * (1 + condition.value / 100) : figure + condition.value;
  const bound = boundOf(from);
  // A bound without a sign is meant to the last digit; what is counted from a figure is as exact as figures are.
  const tolerance = relativeTo === "zero" ? 0 : resolutionOf(quantity, bound);
  const decide = (excess: FigureRange) => outcomeOf(operator, excess, tolerance);

  if (relativeTo === "zero") {
    return judged(decide(differenceOf(rangeOf(own, value), exactly(bound))), natureOf(own), value, bound);
  }
  const difference = row.differences[set - 1];
  const isAlike = difference.verdict !== "not_comparable";
  // What came about alike is held like with like; of anything else only what its nature leaves no doubt of is decided.
  const outcome = isAlike
    ? decide(exactly(value - bound))
    : decide(differenceOf(rangeOf(own, value, true), mapped(rangeOf(first, from, true), boundOf)));
  const reason = isAlike ? likeness(own) : `${quantity}: ${difference.reason}`;
  if (!condition.significantly || outcome === "does_not_hold") return judged(outcome, reason, value, bound);
  if (difference.low === null) return judged("undecided", `${quantity}: ${difference.reason}`, value, bound);
  const nearest = operator.startsWith(">") ? difference.low : difference.high!;
  return judged(decide(exactly(from + nearest - bound)), reason, value, bound);
}

/** What an operator says of all that a value may be above its bound: of some but not all it is undecided. */
function outcomeOf(operator: Operator, { low, high }: FigureRange, tolerance: number): Outcome {
  const isEqual = (excess: number) => excess === 0 || Math.abs(excess) < tolerance;
  const isAbove = (excess: number) => excess > 0 && !isEqual(excess);
  const isBelow = (excess: number) => isAbove(-excess);
  const told = (always: boolean, sometimes: boolean): Outcome =>
    always ? "holds" : sometimes ? "undecided" : "does_not_hold";
  const canBeEqual = !isAbove(low) && !isBelow(high);
  const isSurelyEqual = isEqual(low) && isEqual(high);
  switch (operator) {
    case ">":
      return told(isAbove(low), isAbove(high));
    case ">=":
      return told(!isBelow(low), !isBelow(high));
    case "<":
      return told(isBelow(high), isBelow(low));
    case "<=":
      return told(!isAbove(high), !isAbove(low));
    case "==":
      return told(isSurelyEqual, canBeEqual);
    case "!=":
      return told(!canBeEqual, !isSurelyEqual);
  }
}

/**
 * What a figure can be in truth. Samples are taken at their word, but not `strictly`, beside what came about
 * otherwise.
 */
function rangeOf({ quality }: Measurement, value: number, strictly = false): FigureRange {
  if (quality === "lower_bound") return within(value, Infinity);
  if (quality === "upper_bound") return atMost(value);
  if (quality === "unavailable") return within(0, Infinity);
  return quality === "sampled" && strictly ? within(0, Infinity) : exactly(value);
}

function natureOf({ quality }: Measurement): string | null {
  if (quality !== "lower_bound" && quality !== "upper_bound") return null;
  return `only known to be at ${quality === "lower_bound" ? "least" : "most"} so much`;
}

function likeness({ quality }: Measurement): string | null {
  return quality === "upper_bound"
    ? "both sets are only known to be at most so much, and held like with like"
    : null;
}
