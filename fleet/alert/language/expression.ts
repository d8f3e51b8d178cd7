/*
 * What a condition of a rule is made of. It has no places in its text: what is wrong with a text is told while it is
 * parsed, and two texts that mean the same are the same expression.
 */

/** How numbers may be written, and what one of each is worth. Figures count in bytes, seconds, and 100 % a core. */
export const UNITS = {
  "": 1,
  "%": 1,
  core: 100,
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
} as const;

/** The unit of a number as it was written. */
export type NumberUnit = keyof typeof UNITS;

/** What joins two expressions; those of one row bind alike, each row tighter than the one before. */
export const OPERATORS = [["or"], ["and"], [">=", "<=", "==", "!=", ">", "<"], ["+", "-"], [
  "*",
  "/",
]] as const;

/** An operator of two sides. */
export type Operator = typeof OPERATORS[number][number];

/** What a function wants between its brackets. */
export interface Signature {
  /** Whether it takes figures of one thing over a window, those of many things now, or either. */
  readonly over: "window" | "many" | "either" | "now";
  /** An argument with a name that it needs. */
  readonly named?: "in" | "by";
  /** Whether it may do without a figure. */
  readonly bare?: true;
  readonly help: string;
}

/** The functions of the language. */
export const FUNCTIONS = {
  avg: { over: "either", help: "mean" },
  max: { over: "either", help: "greatest" },
  min: { over: "either", help: "least" },
  p95: { over: "either", help: "what 95 % are not above" },
  count: { over: "either", bare: true, help: "how many readings, or things" },
  sum: { over: "many", help: "all together" },
  increase: { over: "window", help: "what it has grown by; restarts counted right" },
  rate: { over: "window", help: "the increase a second" },
  delta: { over: "window", help: "the last less the first" },
  trend: { over: "window", named: "in", help: "what it will be in so long, by a straight line" },
  anomaly: { over: "now", help: "how many deviations from what is usual" },
  outlier: { over: "now", named: "by", help: "how many deviations from its peers" },
} as const satisfies Record<string, Signature>;

/** A name of a function. */
export type FunctionName = keyof typeof FUNCTIONS;

/** A function of a figure. */
export interface Call {
  readonly type: "call";
  readonly name: FunctionName;
  /** Empty where there is none: `count()`. */
  readonly figure: string;
  readonly windowMs: number | null;
  readonly inMs: number | null;
  readonly by: string | null;
}

/** A condition, or a number in it. */
export type Expression =
  | { readonly type: "number"; readonly value: number; readonly unit: NumberUnit }
  | { readonly type: "figure"; readonly name: string }
  | Call
  | { readonly type: "age" }
  | { readonly type: "absent" }
  | { readonly type: "not"; readonly operand: Expression }
  | {
    readonly type: "binary";
    readonly operator: Operator;
    readonly left: Expression;
    readonly right: Expression;
  };

/** Whether an expression is a condition: the others are numbers. */
export function isCondition(expression: Expression): boolean {
  if (expression.type === "absent" || expression.type === "not") return true;
  return expression.type === "binary" && bindingOf(expression.operator) <= COMPARING;
}

/** How tightly an operator binds. */
export function bindingOf(operator: Operator): number {
  return OPERATORS.findIndex((row) => (row as readonly string[]).includes(operator));
}

/** How tightly comparisons bind. */
export const COMPARING = 2;

/** All parts of an expression, itself first. */
export function* partsOf(expression: Expression): Iterable<Expression> {
  yield expression;
  if (expression.type === "not") yield* partsOf(expression.operand);
  if (expression.type === "binary") {
    yield* partsOf(expression.left);
    yield* partsOf(expression.right);
  }
}

/** Begins the name of a figure that programs tell under a name of their own. */
export const CUSTOM = "custom.";

/** How far the clock of an agent is ahead of the manager's: no message tells it, all of them show it. */
export const CLOCK = "clock_offset_seconds";
