import type { Comparison, Judgement } from "./comparison_schema.ts";
import { ConditionError } from "./condition.ts";
import type { Condition, Operator } from "./condition.ts";

const OPERATORS: Readonly<Record<Operator, (value: number, bound: number) => boolean>> = {
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  "==": (value, bound) => value === bound,
  "!=": (value, bound) => value !== bound,
};

/**
 * Judge conditions: each for every set but the first, or for the one set there is. The comparison must have the
 * conditions' quantities. A figure that is only a bound decides what it can.
 *
 * @throws ConditionError when a condition needs a second set and there is none
 */
export function judge(comparison: Comparison, conditions: readonly Condition[]): Judgement[] {
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
  const { quantity, statistic, operator } = condition;
  const row = comparison.quantities.find(({ name }) => name === quantity);
  const undecided = (
    reason: string,
    value: number | null = null,
    bound: number | null = null,
  ): Judgement => ({
    condition: condition.text,
    set,
    value,
    bound,
    outcome: "undecided",
    reason,
  });
  if (!row) return undecided(`${quantity} is unknown in all runs`);
  const [first, own] = [row.measurements[0], row.measurements[set]];
  const value = own[statistic];
  if (value === null || own.quality === "unavailable") {
    return undecided(`${quantity} is unknown in some runs`);
  }
  const from = condition.relativeTo === "zero" ? 0 : first[statistic];
  if (from === null) return undecided(`${quantity} is unknown in the first set`, value);
  const bound = condition.relativeTo === "first_in_percent"
    ? from * (1 + condition.value / 100)
    : from + condition.value;
  const decide = (holds: boolean, reason: string | null = null): Judgement => ({
    condition: condition.text,
    set,
    value,
    bound,
    outcome: holds ? "holds" : "does_not_hold",
    reason,
  });
  const difference = row.differences[set - 1];
  if (condition.relativeTo !== "zero" && difference.verdict === "not_comparable") {
    return undecided(`${quantity}: ${difference.reason}`, value, bound);
  }
  if (condition.significantly) {
    if (difference.low === null) return undecided(`${quantity}: ${difference.reason}`, value, bound);
    const nearest = operator.startsWith(">") ? difference.low : difference.high!;
    return decide(OPERATORS[operator](first.mean! + nearest, bound));
  }
  if (own.quality === "lower_bound" || own.quality === "upper_bound") {
    return judgeBound(own.quality, operator, value, bound, decide, undecided);
  }
  return decide(OPERATORS[operator](value, bound));
}

/** At least so much can be more than the bound for certain, never less; and the other way round. */
function judgeBound(
  quality: "lower_bound" | "upper_bound",
  operator: Operator,
  value: number,
  bound: number,
  decide: (holds: boolean, reason: string) => Judgement,
  undecided: (reason: string, value: number, bound: number) => Judgement,
): Judgement {
  const isLower = quality === "lower_bound";
  const reason = `only known to be at ${isLower ? "least" : "most"} so much`;
  const beyond = isLower ? value > bound : value < bound;
  if (!beyond) return undecided(reason, value, bound);
  // The true value lies on the same side of the bound, further away.
  return decide(OPERATORS[operator](value, bound), reason);
}
