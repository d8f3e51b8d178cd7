import { lineAt } from "../detect/line.ts";
import { quantile } from "../detect/robust.ts";
import { UNITS } from "../language/expression.ts";
import type { Call, Expression, Operator } from "../language/expression.ts";
import { printCondition } from "../language/print.ts";
import { ringOf } from "./needs.ts";
import type { Ring } from "./ring.ts";
import type { FigureTable } from "./table.ts";

/** Rows that are evaluated in a row: what they need stays in the processor's cache. */
export const BLOCK = 4_096;

/** What a condition comes to for a row. */
export const [FALSE, TRUE, UNKNOWN] = [0, 1, 2] as const;

/** What a function came to for the rows of a block, and in which evaluation. */
export interface Block {
  readonly values: Float64Array;
  evaluation: number;
}

/** What a condition reads besides figures. */
export interface Surroundings {
  readonly table: FigureTable;
  readonly now: number;
  /** Whether each row is absent: FALSE, TRUE, or UNKNOWN. */
  absence(): Uint8Array;
  /** Scores of a row among its peers, as they are now. */
  outliers(call: Call): Float64Array;
  /** Which evaluation this is. */
  readonly evaluation: number;
  /** Where what a function comes to for a block is kept, by its text. */
  block(key: string, from: number): Block;
  /** How unusual the figures of a row are for the hour of the week; NaN while that is not known. */
  season(figure: string, slot: number): number;
}

/** Evaluates a condition for some rows from a place on. */
export type ConditionProgram = (from: number, count: number, out: Uint8Array) => void;
/** Evaluates a number for some rows from a place on; NaN where it is not known. */
export type NumberProgram = (from: number, count: number, out: Float64Array) => void;

/** A condition made ready. */
export function compileCondition(expression: Expression, around: Surroundings): ConditionProgram {
  if (expression.type === "absent") {
    return (from, count, out) => out.set(around.absence().subarray(from, from + count));
  }
  if (expression.type === "not") {
    const operand = compileCondition(expression.operand, around);
    return (from, count, out) => {
      operand(from, count, out);
      for (let at = 0; at < count; at++) out[at] = out[at] === UNKNOWN ? UNKNOWN : 1 - out[at];
    };
  }
  if (expression.type !== "binary") throw new Error(`${expression.type} is not a condition`);
  const { operator, left, right } = expression;
  if (operator === "and" || operator === "or") {
    const [one, other] = [compileCondition(left, around), compileCondition(right, around)];
    const second = new Uint8Array(BLOCK);
    // What decides, whatever the other side is.
    const decisive = operator === "and" ? FALSE : TRUE;
    return (from, count, out) => {
      one(from, count, out);
      other(from, count, second);
      for (let at = 0; at < count; at++) {
        if (out[at] === decisive || second[at] === decisive) out[at] = decisive;
        else if (second[at] === UNKNOWN) out[at] = UNKNOWN;
      }
    };
  }
  return compileComparison(operator, left, right, around);
}

function compileComparison(
  operator: Operator,
  left: Expression,
  right: Expression,
  around: Surroundings,
): ConditionProgram {
  if (left.type === "figure" && right.type === "number" && (operator === ">" || operator === "<")) {
    // By far the most rules: one loop over one column.
    const [figure, limit] = [left.name, right.value * UNITS[right.unit]];
    return operator === ">"
      ? (from, count, out) => {
        const values = around.table.values(figure);
        for (let at = 0; at < count; at++) {
          const value = values[from + at];
          out[at] = value > limit ? TRUE : value === value ? FALSE : UNKNOWN;
        }
      }
      : (from, count, out) => {
        const values = around.table.values(figure);
        for (let at = 0; at < count; at++) {
          const value = values[from + at];
          out[at] = value < limit ? TRUE : value === value ? FALSE : UNKNOWN;
        }
      };
  }
  const [one, other] = [compileNumber(left, around), compileNumber(right, around)];
  const [lefts, rights] = [new Float64Array(BLOCK), new Float64Array(BLOCK)];
  const isSwapped = operator === "<" || operator === ">=";
  const loop = operator === "==" || operator === "!=" ? equalTo : greaterThan;
  const yes = operator === ">=" || operator === "<=" || operator === "!=" ? FALSE : TRUE;
  return (from, count, out) => {
    one(from, count, lefts);
    other(from, count, rights);
    if (isSwapped) loop(rights, lefts, count, yes, out);
    else loop(lefts, rights, count, yes, out);
  };
}

/*
 * One loop for each: a function that was called for each row, and was another for each rule, would take ten times as
 * long. `yes` is what is said where it holds.
 */

function greaterThan(a: Float64Array, b: Float64Array, count: number, yes: number, out: Uint8Array): void {
  for (let at = 0; at < count; at++) {
    const [left, right] = [a[at], b[at]];
    out[at] = left > right ? yes : left <= right ? 1 - yes : UNKNOWN;
  }
}

function equalTo(a: Float64Array, b: Float64Array, count: number, yes: number, out: Uint8Array): void {
  for (let at = 0; at < count; at++) {
    const [left, right] = [a[at], b[at]];
    out[at] = left === right ? yes : left !== left || right !== right ? UNKNOWN : 1 - yes;
  }
}

/** What each comparison says of two numbers. */
export const COMPARISONS = {
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b,
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  "==": (a: number, b: number) => a === b,
  "!=": (a: number, b: number) => a !== b,
} as const;

/** What each operation makes of two numbers: what is not a number is not known. */
export const OPERATIONS = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => b === 0 ? NaN : a / b,
} as const;

/** A number made ready. */
export function compileNumber(expression: Expression, around: Surroundings): NumberProgram {
  const { table } = around;
  switch (expression.type) {
    case "number": {
      const value = expression.value * UNITS[expression.unit];
      return (_from, count, out) => void out.fill(value, 0, count);
    }
    case "figure":
      return (from, count, out) => out.set(table.values(expression.name).subarray(from, from + count));
    case "age":
      return (from, count, out) => {
        for (let at = 0; at < count; at++) {
          const time = table.times[from + at];
          out[at] = time === 0 ? NaN : Math.max(0, around.now - time) / 1_000;
        }
      };
    case "call":
      return compileCall(expression, around);
    case "binary": {
      const [one, other] = [compileNumber(expression.left, around), compileNumber(expression.right, around)];
      const rights = new Float64Array(BLOCK);
      const { operator } = expression;
      return (from, count, out) => {
        one(from, count, out);
        other(from, count, rights);
        if (operator === "+") { for (let at = 0; at < count; at++) out[at] += rights[at]; }
        else if (operator === "-") { for (let at = 0; at < count; at++) out[at] -= rights[at]; }
        else if (operator === "*") { for (let at = 0; at < count; at++) out[at] *= rights[at]; }
        else for (let at = 0; at < count; at++) out[at] = rights[at] === 0 ? NaN : out[at] / rights[at];
      };
    }
    default:
      throw new Error(`${expression.type} is not a number`);
  }
}

function compileCall(call: Call, around: Surroundings): NumberProgram {
  const { table } = around;
  if (call.name === "outlier") {
    return (from, count, out) => out.set(around.outliers(call).subarray(from, from + count));
  }
  if (call.name === "anomaly") {
    const usual = table.usual(call.figure);
    return (from, count, out) => {
      for (let at = 0; at < count; at++) {
        const score = usual.scores[from + at];
        // Both have to agree; the season is looked up only for what is unusual by the other.
        out[at] = score > 1 ? Math.min(score, around.season(call.figure, from + at)) : score;
      }
    };
  }
  const ring = table.ring(ringOf(call)!);
  const read = windowReader(call, ring, table);
  const key = printCondition(call);
  return (from, count, out) => {
    // An alert that is looked at by itself, or a row that has come since.
    if (count === 1) {
      out[0] = read(from, around.now);
      return;
    }
    const known = around.block(key, from);
    if (known.evaluation !== around.evaluation) {
      for (let at = 0; at < count; at++) known.values[at] = read(from + at, around.now);
      known.evaluation = around.evaluation;
    }
    out.set(known.values.subarray(0, count));
  };
}

function windowReader(call: Call, ring: Ring, table: FigureTable): (slot: number, now: number) => number {
  const windowMs = call.windowMs!;
  switch (call.name) {
    case "count":
      return (slot, now) => ring.count(slot, now);
    case "rate":
      return (slot, now) => {
        let oldest = NaN;
        ring.each(slot, now, (start) => oldest = oldest <= start ? oldest : start);
        return ring.total(slot, now) / (Math.min(windowMs, Math.max(ring.widthMs, now - oldest)) / 1_000);
      };
    case "delta":
      return (slot, now) => {
        let first = NaN;
        ring.each(slot, now, (_start, value) => first = first === first ? first : value);
        return table.values(call.figure)[slot] - first;
      };
    case "p95":
      return (slot, now) => {
        const means: number[] = [];
        ring.each(slot, now, (_start, sum, count) => means.push(sum / count));
        return quantile(Float64Array.from(means), 0.95);
      };
    case "trend":
      return (slot, now) => lineAt(ring, slot, now, call.inMs!);
    default:
      return (slot, now) => ring.total(slot, now);
  }
}
