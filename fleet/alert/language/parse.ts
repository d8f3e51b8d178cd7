import { nearest } from "../../../core/nearest.ts";
import { COLUMN_AT } from "../../model/column.ts";
import {
  bindingOf,
  CLOCK,
  COMPARING,
  CUSTOM,
  FUNCTIONS,
  isCondition,
  OPERATORS,
  UNITS,
} from "./expression.ts";
import type { Call, Expression, FunctionName, NumberUnit, Operator, Signature } from "./expression.ts";
import { faultAt, tokensOf } from "./tokens.ts";
import type { Token } from "./tokens.ts";

const DEEPEST = 40;
/** Shorter windows hold no two readings, longer ones are for `proctor`'s history. */
const [SHORTEST_MS, LONGEST_MS] = [1_000, 7 * 86_400_000];
const CUSTOM_NAME = /^[a-z_][a-z0-9_]{0,63}$/;
/** Other ways to write a unit. */
const ALIASES: Readonly<Record<string, NumberUnit>> = {
  cores: "core",
  KiB: "K",
  MiB: "M",
  GiB: "G",
  TiB: "T",
};
const KEYWORDS = ["and", "or", "not", "absent", "age"];

/**
 * The condition that a text says, such as `avg(memory_bytes, 5m) > 2G and not absent`.
 * @param where stands before what is wrong
 * @throws ProctorError of kind `usage`: which character, what, and what would be right
 */
export function parseCondition(text: string, where = ""): Expression {
  try {
    return new Parser(tokensOf(text)).whole();
  } catch (error) {
    if (where !== "" && error instanceof Error) error.message = `${where}: ${error.message}`;
    throw error;
  }
}

class Parser {
  #next = 0;
  #depth = 0;

  constructor(readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.#binary(0);
    if (this.#token.kind !== "end") throw this.#unexpected('"and", "or", or the end');
    if (!isCondition(expression)) throw faultAt(1, "it is a number; compare it, as in cpu_percent > 90 %");
    return expression;
  }

  get #token(): Token {
    return this.tokens[this.#next];
  }

  #take(text: string): boolean {
    if (this.#token.text !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(`"${text}"`);
  }

  #unexpected(wanted: string): Error {
    const { kind, text, at } = this.#token;
    return faultAt(
      at,
      `${kind === "end" ? "it ends here" : `"${text}" stands here`}, where ${wanted} is wanted`,
    );
  }

  #binary(binding: number): Expression {
    if (binding === OPERATORS.length) return this.#primary();
    if (binding === COMPARING && this.#token.text === "not") return this.#not();
    let at = this.#token.at;
    let left = this.#binary(binding + 1);
    for (;;) {
      const { text } = this.#token;
      if (!(OPERATORS[binding] as readonly string[]).includes(text)) return left;
      const operatorAt = this.#token.at;
      this.#next++;
      this.#wantOperand(left, binding, at, text);
      at = this.#token.at;
      const right = this.#binary(binding + 1);
      this.#wantOperand(right, binding, at, text);
      left = { type: "binary", operator: text as Operator, left, right };
      if (binding === COMPARING && bindingOf(this.#token.text as Operator) === COMPARING) {
        throw faultAt(this.#token.at, `a comparison has two sides; join two by "and"`);
      }
      at = operatorAt;
    }
  }

  #not(): Expression {
    this.#deeper();
    this.#next++;
    const { at } = this.#token;
    const operand = this.#binary(COMPARING);
    if (!isCondition(operand)) throw faultAt(at, '"not" wants a condition after it');
    this.#depth--;
    return { type: "not", operand };
  }

  #deeper(): void {
    if (++this.#depth > DEEPEST) throw faultAt(this.#token.at, `it is nested more than ${DEEPEST} deep`);
  }

  #wantOperand(operand: Expression, binding: number, at: number, operator: string): void {
    const wantsCondition = binding < COMPARING;
    if (isCondition(operand) === wantsCondition) return;
    const message = wantsCondition
      ? `"${operator}" joins conditions, and this is a number; compare it`
      : `"${operator}" wants numbers, and this is a condition`;
    throw faultAt(at, message);
  }

  #primary(): Expression {
    const { kind, text, at } = this.#token;
    if (this.#take("(")) {
      this.#deeper();
      const inner = this.#binary(0);
      this.#expect(")");
      this.#depth--;
      return inner;
    }
    if (this.#take("-")) {
      if (this.#token.kind !== "number") throw this.#unexpected("a number");
      const { value, unit } = this.#number();
      return { type: "number", value: -value, unit };
    }
    if (kind === "number") return { type: "number", ...this.#number() };
    if (kind !== "word" || text === "and" || text === "or") {
      throw this.#unexpected("a figure, a function or a number");
    }
    this.#next++;
    if (text === "not") throw faultAt(at, '"not" stands before a condition; put that in brackets');
    if (text === "absent" || text === "age") return { type: text };
    if (this.#token.text === "(") return this.#call(text, at);
    return { type: "figure", name: checkedFigure(text, at) };
  }

  #number(): { value: number; unit: NumberUnit } {
    const { text, at } = this.#token;
    this.#next++;
    const value = Number(text);
    if (!Number.isFinite(value)) throw faultAt(at, `${text} is larger than any number here`);
    const { kind, text: unit, at: unitAt } = this.#token;
    if (unit !== "%" && (kind !== "word" || KEYWORDS.includes(unit))) return { value, unit: "" };
    this.#next++;
    const known = Object.hasOwn(ALIASES, unit) ? ALIASES[unit] : unit;
    if (!Object.hasOwn(UNITS, known)) {
      const units = Object.keys(UNITS).filter((one) => one !== "");
      throw faultAt(unitAt, `"${unit}" is not a unit; there are ${units.join(", ")}`);
    }
    return { value, unit: known as NumberUnit };
  }

  #duration(): number {
    const { kind, at } = this.#token;
    if (kind !== "number") throw this.#unexpected("a time such as 5m");
    const { value, unit } = this.#number();
    if (!["ms", "s", "m", "h", "d"].includes(unit)) throw faultAt(at, "a time is wanted here, such as 5m");
    const ms = Math.round(value * UNITS[unit] * 1e6) / 1e3;
    if (ms < SHORTEST_MS || ms > LONGEST_MS) throw faultAt(at, "a time here is from 1s to 7d");
    return ms;
  }

  #call(text: string, at: number): Call {
    const names = Object.keys(FUNCTIONS);
    if (!names.includes(text)) {
      const meant = nearest(text, names);
      const right = meant ? `did you mean "${meant}"?` : `there are ${names.join(", ")}`;
      throw faultAt(at, `there is no function "${text}"; ${right}`);
    }
    const name = text as FunctionName;
    const signature: Signature = FUNCTIONS[name];
    this.#expect("(");
    let [figure, windowMs, inMs, by] = [
      "",
      null as number | null,
      null as number | null,
      null as string | null,
    ];
    if (!(signature.bare && this.#token.text === ")")) {
      if (this.#token.kind !== "word") throw this.#unexpected("the name of a figure");
      figure = checkedFigure(this.#token.text, this.#token.at);
      this.#next++;
      while (this.#take(",")) {
        if (this.#token.kind !== "word") windowMs = this.#once(windowMs, () => this.#duration());
        else if (this.#token.text === "in" && signature.named === "in") {
          inMs = this.#once(inMs, () => (this.#next++, this.#expect(":"), this.#duration()));
        } else if (this.#token.text === "by" && signature.named === "by") {
          by = this.#once(by, () => (this.#next++, this.#expect(":"), this.#word()));
        } else throw this.#unexpected(signature.named ? `"${signature.named}:"` : "a time such as 5m");
      }
    }
    const { at: end } = this.#token;
    this.#expect(")");
    if (signature.over === "window" && windowMs === null) {
      throw faultAt(end, `${name} wants a time: ${name}(${figure}, 5m${signature.named ? ", in: 24h" : ""})`);
    }
    if ((signature.over === "now" || signature.over === "many") && windowMs !== null) {
      throw faultAt(at, `${name} takes no time: ${name}(${figure}${signature.named ? ", by: target" : ""})`);
    }
    if (signature.named === "in" && inMs === null) throw faultAt(end, `${name} wants "in: 24h"`);
    if (signature.named === "by" && by === null) throw faultAt(end, `${name} wants "by: target"`);
    return { type: "call", name, figure, windowMs, inMs, by };
  }

  #once<T>(before: T | null, read: () => T): T {
    if (before !== null) throw faultAt(this.#token.at, "it is there already; leave one out");
    return read();
  }

  #word(): string {
    const { kind, text } = this.#token;
    if (kind !== "word") throw this.#unexpected("a name such as target");
    this.#next++;
    return text;
  }
}

function checkedFigure(name: string, at: number): string {
  if (COLUMN_AT.has(name) || name === CLOCK) return name;
  if (name.startsWith(CUSTOM)) {
    if (CUSTOM_NAME.test(name.slice(CUSTOM.length))) return name;
    throw faultAt(at, `"${name}" can be no figure; write ${CUSTOM} and small letters, digits, _`);
  }
  const meant = nearest(name, [...COLUMN_AT.keys(), CLOCK, ...KEYWORDS]);
  const right = meant ? `did you mean "${meant}"?` : `one that programs report is written ${CUSTOM}NAME`;
  throw faultAt(at, `there is no figure "${name}"; ${right}`);
}
