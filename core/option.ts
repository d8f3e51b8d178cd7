import { LONGEST_MS } from "./duration.ts";
import { usageError } from "./error.ts";

/**
 * What a value has to be: null when it is, else in words, behind "it is". Everything public checks its options by a
 * table of these before anything exists; what depends on more than one value is checked where it is known.
 */
export type Rule = (value: unknown) => string | null;
/** The rules of an object's keys; a key that is left out is right. */
export type Rules<T> = { readonly [K in keyof Required<T>]: Rule };

/** A rule by whether it holds. */
export function rule(words: string, holds: (value: unknown) => boolean): Rule {
  return (value) => holds(value) ? null : words;
}

export const TEXT = rule("a text", (value) => typeof value === "string");
export const PATH = rule(
  "a path, without a zero byte",
  (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
);
export const FLAG = rule("true or false", (value) => typeof value === "boolean");
export const CALLBACK = rule("a function", (value) => typeof value === "function");
export const NUMBER = rule("a number", (value) => typeof value === "number");
export const OBJECT = rule("an object", isObject);
export const ABORT_SIGNAL = rule(
  "an AbortSignal",
  (value) => isObject(value) && "aborted" in value && "addEventListener" in value,
);
/** A length of time, none included. */
export const MILLISECONDS = rule(
  `milliseconds from 0 to ${LONGEST_MS}`,
  (value) => typeof value === "number" && value >= 0 && value <= LONGEST_MS,
);

/** A whole number in a range. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Rule {
  const upTo = most === Number.MAX_SAFE_INTEGER ? "on" : `to ${most}`;
  return rule(
    `a whole number from ${least} ${upTo}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  );
}

/** One of a few words. */
export function oneOf(...words: readonly string[]): Rule {
  return rule(words.map((word) => `"${word}"`).join(" or "), (value) => words.includes(value as string));
}

/** Either of two. */
export function either(one: Rule, other: Rule): Rule {
  return (value) => {
    const [wrong, alsoWrong] = [one(value), other(value)];
    return wrong === null || alsoWrong === null ? null : `${wrong}, or ${alsoWrong}`;
  };
}

/** A list of such values. */
export function listOf(words: string, item: Rule): Rule {
  return rule(words, (value) => Array.isArray(value) && [...value].every((one) => item(one) === null));
}

/** An object that has all of these keys, each as it has to be. */
export function objectWith(words: string, rules: Readonly<Record<string, Rule>>): Rule {
  const keys = Object.entries(rules);
  const has = (value: object) =>
    keys.every(([name, rule]) => rule((value as Record<string, unknown>)[name]) === null);
  return rule(words, (value) => isObject(value) && has(value));
}

/**
 * Refuse options of which one is not what it has to be.
 * @param what what the options are called, should they be none at all
 * @throws ProctorError of kind `usage` that names the option, what stands there, and what would be right
 */
export function checkOptions<T>(options: unknown, rules: Rules<T>, what = "options"): void {
  checkValue(what, options, OBJECT);
  for (const [name, rule] of Object.entries<Rule>(rules)) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) checkValue(name, value, rule);
  }
}

/**
 * Refuse a value that is not what it has to be.
 * @throws ProctorError of kind `usage`
 */
export function checkValue(name: string, value: unknown, rule: Rule): void {
  const wanted = rule(value);
  if (wanted !== null) throw usageError(`${name}: ${shown(value)} is not right; it is ${wanted}`);
}

/** A value as it is cited: in a line, and cut where it is long. */
export function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol" || typeof value === "bigint") return String(value);
  let text: string;
  try {
    // What JSON makes null of is told by its own name.
    text = typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
  } catch {
    text = "an object"; // A circle.
  }
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
