import { parseTypedDuration } from "../duration.ts";
import { ProctorError } from "../error.ts";
import { checkValue, TEXT } from "../option.ts";
import { parseSize } from "../size.ts";
import { unitOf } from "../measure/metrics.ts";
import type { Unit } from "../measure/metrics.ts";
import type { QuantityName } from "./quantity.ts";
import { nearestQuantity, quantitiesNamed } from "./quantity_words.ts";

/*
 * What --fail-if is given:
 *
 *   condition = figure comparison bound ["significantly"]
 *   figure    = quantity | ("mean" | "median" | "min" | "max") "(" quantity ")"     a quantity alone is its mean
 *   comparison = ">" | ">=" | "<" | "<=" | "==" | "!="
 *   bound     = ["+" | "-"] number [unit]         with a sign it counts from the first set's figure, without from zero
 *   unit      = "%" (with a sign only) | "ms" "s" "m" "h" | "B" "K" "M" "G" "T", "KiB", "kB" …
 */

/** Which figure of several runs a condition looks at. */
export type Statistic = "mean" | "median" | "min" | "max";
/** How it is held against the bound. */
export type Operator = ">" | ">=" | "<" | "<=" | "==" | "!=";

/** A condition that was understood. */
export interface Condition {
  /** As it was written. */
  readonly text: string;
  /** Which figure of the runs it compares. */
  readonly statistic: Statistic;
  /** The quantity of the summary that it compares. */
  readonly quantity: QuantityName;
  /** How the figure is compared with the bound. */
  readonly operator: Operator;
  /** Added to the first set's figure, or the bound itself; in the quantity's unit, or in percent of that figure. */
  readonly value: number;
  /** What `value` is added to: zero (an absolute bound), or the figure of the first set, in its unit or in percent. */
  readonly relativeTo: "zero" | "first" | "first_in_percent";
  /** Whether it holds only when the whole confidence interval lies beyond the bound. */
  readonly significantly: boolean;
}

/** A condition that cannot be understood, and where: `column` counts characters from 0. */
export class ConditionError extends ProctorError {
  /** An error about `text`; `fault` says what is wrong there, and what would be right. */
  constructor(readonly text: string, readonly column: number, readonly fault: string) {
    super("usage", `fail-if: ${text}: character ${column + 1}: ${fault}`);
  }
}

const STATISTICS: readonly string[] = ["mean", "median", "min", "max"];
const OPERATORS: readonly string[] = [">", ">=", "<", "<=", "==", "!="];

/**
 * Understand a condition.
 * @throws ConditionError with the place of the fault
 */
export function parseCondition(text: string): Condition {
  checkValue("condition", text, TEXT);
  const scanner = new Scanner(text);
  const { statistic, quantity } = parseFigure(scanner);
  const [operator, operatorAt] = scanner.take(/[<>=!]+/y);
  if (operator === "") scanner.fail("a comparison is missing; write >, >=, <, <=, == or !=");
  if (!OPERATORS.includes(operator)) {
    scanner.fail(`"${operator}" is not a comparison; write >, >=, <, <=, == or !=`, operatorAt);
  }
  const bound = parseBound(scanner, unitOf(quantity));
  const [word, wordAt] = scanner.take(/\S+/y);
  if (word !== "" && word !== "significantly") {
    scanner.fail(`"${word}" is one word too many; only "significantly" may follow`, wordAt);
  }
  const significantly = word === "significantly";
  if (significantly && statistic !== "mean") scanner.fail("only means are tested for significance", wordAt);
  if (significantly && bound.relativeTo === "zero") {
    scanner.fail(`only a difference is significant; give the bound a sign, such as +10%`, wordAt);
  }
  if (significantly && !/^[<>]/.test(operator)) scanner.fail("goes with >, >=, < and <= only", wordAt);
  const [rest, restAt] = scanner.take(/\S+/y);
  if (rest !== "") scanner.fail("nothing may follow", restAt);
  return { text, statistic, quantity, operator: operator as Operator, ...bound, significantly };
}

function parseFigure(scanner: Scanner): { statistic: Statistic; quantity: QuantityName } {
  let [word, at] = scanner.take(/[A-Za-z_][\w]*/y);
  if (word === "") scanner.fail("a quantity is missing, such as peak_memory_bytes");
  let statistic: Statistic = "mean";
  let quantity: QuantityName;
  if (STATISTICS.includes(word)) {
    statistic = word as Statistic;
    if (scanner.take(/\(/y)[0] === "") scanner.fail(`write ${word}(QUANTITY)`);
    [word, at] = scanner.take(/[A-Za-z_][\w]*/y);
    if (word === "") scanner.fail("a quantity is missing, such as peak_memory_bytes");
    quantity = quantityOf(scanner, word, at);
    if (scanner.take(/\)/y)[0] === "") scanner.fail("the parenthesis is not closed");
  } else quantity = quantityOf(scanner, word, at);
  return { statistic, quantity };
}

function quantityOf(scanner: Scanner, word: string, at: number): QuantityName {
  const [quantity, ...others] = quantitiesNamed(word);
  if (others.length > 0) {
    scanner.fail(`"${word}" is ${[quantity, ...others].join(" and ")}; write one of them`, at);
  }
  if (quantity !== undefined) return quantity;
  const near = nearestQuantity(word);
  const advice = near ? `did you mean ${near}?` : "proctor compare --help lists them";
  scanner.fail(`there is no quantity "${word}"; ${advice}`, at);
}

function parseBound(scanner: Scanner, unit: Unit): Pick<Condition, "value" | "relativeTo"> {
  const [text, at] = scanner.take(/[+-]?\s*[\w.]*(\s*%)?/y);
  const [, sign, rest] = /^([+-]?)(.*)$/.exec(text.replace(/\s+/g, ""))!;
  if (rest === "") scanner.fail(`a number is missing; ${rightBound(unit)}`, at + sign.length);
  const factor = sign === "-" ? -1 : 1;
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(rest);
  if (percent) {
    // An unsigned 10% could mean a tenth of the first, or a tenth more.
    if (sign === "") scanner.fail(`percent count from the first set; write +${rest} or -${rest}`, at);
    return { value: factor * Number(percent[1]), relativeTo: "first_in_percent" };
  }
  const value = factor * parseAmount(scanner, rest, at + sign.length, unit);
  return { value, relativeTo: sign === "" ? "zero" : "first" };
}

function parseAmount(scanner: Scanner, text: string, at: number, unit: Unit): number {
  if (/^0+(\.0+)?$/.test(text)) return 0;
  try {
    if (unit === "bytes") return parseSize(text, "");
    if (unit === "seconds") return parseTypedDuration(text, "") / 1_000;
  } catch {
    scanner.fail(`"${text}" is not a ${unit === "bytes" ? "size" : "duration"}; ${rightBound(unit)}`, at);
  }
  if (!/^\d+(\.\d+)?$/.test(text)) scanner.fail(`"${text}" is not a number; ${rightBound(unit)}`, at);
  return Number(text);
}

function rightBound(unit: Unit): string {
  const absolute = { bytes: "512M or 1.5G", seconds: "250ms or 1.5s", percent: "150", count: "100" }[unit];
  return `write ${absolute}, or from the first set +10%`;
}

/** Reads a text from left to right, blanks between words skipped. */
class Scanner {
  #at = 0;

  constructor(readonly text: string) {}

  /** What matches here, maybe nothing, and where it stands. */
  take(pattern: RegExp): [word: string, at: number] {
    while (/\s/.test(this.text[this.#at] ?? "")) this.#at++;
    const at = this.#at;
    pattern.lastIndex = at;
    const word = pattern.exec(this.text)?.[0] ?? "";
    this.#at += word.length;
    return [word, at];
  }

  /** Refuse the text, for something here or at `column`. */
  fail(fault: string, column = this.#at): never {
    throw new ConditionError(this.text, column, fault);
  }
}
