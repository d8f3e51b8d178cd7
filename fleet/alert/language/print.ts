import { formatDuration } from "../../../core/duration.ts";
import { bindingOf, COMPARING } from "./expression.ts";
import type { Expression } from "./expression.ts";

/** The text of a condition; parsed again it is the same one. */
export function printCondition(expression: Expression): string {
  return print(expression, 0);
}

/** @param binding how tightly what surrounds it binds: what binds less is put in brackets */
function print(expression: Expression, binding: number): string {
  switch (expression.type) {
    case "number": {
      const { value, unit } = expression;
      return `${value}${unit === "%" || unit === "core" ? " " : ""}${unit}`;
    }
    case "figure":
      return expression.name;
    case "age":
    case "absent":
      return expression.type;
    case "call": {
      const { name, figure, windowMs, inMs, by } = expression;
      const words = [
        figure,
        windowMs === null ? "" : formatDuration(windowMs),
        inMs === null ? "" : `in: ${formatDuration(inMs)}`,
        by === null ? "" : `by: ${by}`,
      ];
      return `${name}(${words.filter((word) => word !== "").join(", ")})`;
    }
    case "not":
      return bracketed(`not ${print(expression.operand, COMPARING)}`, binding > COMPARING);
    case "binary": {
      const { operator, left, right } = expression;
      const own = bindingOf(operator);
      // Equal operators are read from the left; comparisons do not follow each other.
      const text = `${print(left, own === COMPARING ? own + 1 : own)} ${operator} ${print(right, own + 1)}`;
      return bracketed(text, own < binding);
    }
  }
}

function bracketed(text: string, isWanted: boolean): string {
  return isWanted ? `(${text})` : text;
}
