import { quantile } from "../detect/robust.ts";
import { UNITS } from "../language/expression.ts";
import type { Call, Expression } from "../language/expression.ts";
import { COMPARISONS, FALSE, OPERATIONS, TRUE, UNKNOWN } from "./compile.ts";

/** What a unit or the whole fleet is, for a condition. */
export interface Many {
  /** The figures of its tasks that are known. */
  values(figure: string): Float64Array;
  /** How many tasks run. */
  count(): number;
  /** Whether it is silent; UNKNOWN where we do not hear. */
  readonly absent: number;
}

/** A condition about many things together. */
export function conditionOfMany(expression: Expression, many: Many): number {
  if (expression.type === "absent") return many.absent;
  if (expression.type === "not") {
    const operand = conditionOfMany(expression.operand, many);
    return operand === UNKNOWN ? UNKNOWN : 1 - operand;
  }
  if (expression.type !== "binary") return UNKNOWN;
  const { operator, left, right } = expression;
  if (operator === "and" || operator === "or") {
    const [one, other] = [conditionOfMany(left, many), conditionOfMany(right, many)];
    const decisive = operator === "and" ? FALSE : TRUE;
    if (one === decisive || other === decisive) return decisive;
    return one === UNKNOWN || other === UNKNOWN ? UNKNOWN : 1 - decisive;
  }
  const [one, other] = [numberOfMany(left, many), numberOfMany(right, many)];
  if (one !== one || other !== other) return UNKNOWN;
  return COMPARISONS[operator as keyof typeof COMPARISONS](one, other) ? TRUE : FALSE;
}

/** A number about many things together; NaN where it is not known. */
export function numberOfMany(expression: Expression, many: Many): number {
  if (expression.type === "number") return expression.value * UNITS[expression.unit];
  if (expression.type === "call") return callOfMany(expression, many);
  if (expression.type !== "binary") return NaN;
  const operate = OPERATIONS[expression.operator as keyof typeof OPERATIONS];
  return operate(numberOfMany(expression.left, many), numberOfMany(expression.right, many));
}

function callOfMany({ name, figure }: Call, many: Many): number {
  if (figure === "") return many.count();
  const values = many.values(figure);
  if (name === "count") return values.length;
  const sum = values.reduce((all, value) => all + value, 0);
  if (name === "sum") return values.length === 0 ? NaN : sum;
  if (name === "avg") return sum / values.length;
  return quantile(values, name === "max" ? 1 : name === "min" ? 0 : 0.95);
}
