import { z } from "zod";
import { nearest } from "./fault.ts";
import type { Fault } from "./fault.ts";
import { isMapping, plainData } from "./located.ts";
import type { Located, Place } from "./located.ts";

/**
 * Check a located value by a schema; every issue becomes a fault at its place.
 * @param prefix the key of the value itself
 * @returns the value with its defaults; null when there are faults
 */
export function check<T extends z.ZodType>(
  schema: T,
  located: Located,
  prefix: string,
  faults: Fault[],
): z.output<T> | null {
  const result = schema.safeParse(plainData(located), { reportInput: true });
  if (result.success) return result.data;
  let json: JsonSchema | undefined;
  for (const issue of result.error.issues) {
    const path = issue.path.map(String);
    const keyOf = (words: readonly string[]) => [prefix, ...words].filter((word) => word !== "").join(".");
    if (issue.code === "unrecognized_keys") {
      json ??= z.toJSONSchema(schema, { io: "input", reused: "inline" }) as JsonSchema;
      const known = keysAt(json, path);
      for (const key of issue.keys) {
        const meant = nearest(key, known);
        const right = meant ? `did you mean "${meant}"?` : `there are ${known.join(", ")}`;
        faults.push({
          at: keyPlace(located, [...path, key]),
          key: keyOf([...path, key]),
          message: `there is no such key; ${right}`,
        });
      }
      continue;
    }
    const at = placeOf(located, path);
    // What a variable that is not set would have been nobody knows.
    if (
      faults.some((fault) => fault.at.line === at.line && fault.at.column === at.column && fault.key === "")
    ) continue;
    const message = unsubstituted(wording(issue, shownAt(located, path)), valueAt(located, path));
    faults.push({ at, key: keyOf(path), message });
  }
  return null;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

function keysAt(schema: JsonSchema | undefined, path: readonly string[]): string[] {
  let here = schema;
  for (const word of path) {
    const further: JsonSchema | boolean | undefined = here?.properties?.[word] ?? here?.items ??
      here?.additionalProperties;
    here = typeof further === "object" ? further : undefined;
  }
  return Object.keys(here?.properties ?? {});
}

/** A message without what came from a variable: it may be secret. */
function unsubstituted(message: string, value: Located | undefined): string {
  if (value?.written === undefined || value.value === "") return message;
  return message.replaceAll(String(value.value), value.written);
}

function valueAt(located: Located, path: readonly string[]): Located | undefined {
  let here: Located | undefined = located;
  for (const word of path) {
    if (isMapping(here)) here = here.value.get(word)?.value;
    else here = Array.isArray(here?.value) ? here.value[Number(word)] : undefined;
  }
  return here;
}

/** Where a value stands; where it is missing, what should hold it. */
export function placeOf(located: Located, path: readonly string[]): Place {
  let here = located;
  for (const word of path) {
    const further = isMapping(here)
      ? here.value.get(word)?.value
      : Array.isArray(here.value)
      ? here.value[Number(word)]
      : undefined;
    if (!further) return here.at;
    here = further;
  }
  return here.at;
}

/** Where a key stands. */
function keyPlace(located: Located, path: readonly string[]): Place {
  let here: Located | undefined = located;
  for (const word of path.slice(0, -1)) {
    here = isMapping(here)
      ? here.value.get(word)?.value
      : Array.isArray(here?.value)
      ? here.value[Number(word)]
      : undefined;
  }
  const entry = isMapping(here) ? here.value.get(path.at(-1)!) : undefined;
  return entry?.at ?? placeOf(located, path);
}

/** What was written there, variables unresolved; undefined where nothing was. */
function shownAt(located: Located, path: readonly string[]): unknown {
  let here: unknown = plainData(located, true);
  for (const word of path) here = (here as Record<string, unknown> | null | undefined)?.[word];
  return here;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/** An issue in our words: what is there, and what would be right. */
function wording(issue: z.core.$ZodIssue, shown: unknown): string {
  const there = shown === undefined ? "" : `${quoted(shown)} `;
  switch (issue.code) {
    case "invalid_type": {
      const wanted = KINDS[issue.expected] ?? issue.expected;
      if (shown === undefined) return `is missing; it is ${wanted}`;
      if (issue.expected === "string" && typeof shown !== "object") {
        return `${there}is no text; write "${shown}"${
          typeof shown === "number" ? ', for a duration with its unit, such as "5s"' : ""
        }`;
      }
      return `${there}is not ${wanted}`;
    }
    case "invalid_value": {
      const words = issue.values.map(String);
      const meant = typeof shown === "string" ? nearest(shown, words) : null;
      const list = words.join(", ");
      return `${there || "nothing "}is none of ${list}${meant ? `; did you mean "${meant}"?` : ""}`;
    }
    case "invalid_union": {
      const options = issue.errors.flatMap((errors) => errors.map((error) => optionOf(error)));
      return `${there || "nothing "}is wrong; write ${[...new Set(options)].join(", or ")}`;
    }
    case "too_small":
      return `${there}is too small; it is ${sized(issue.origin)}${
        issue.inclusive ? "at least" : "above"
      } ${issue.minimum}`;
    case "too_big":
      return `${there}is too large; it is ${sized(issue.origin)}at most ${issue.maximum}`;
    case "invalid_key":
      return `there is a name that cannot be: ${issue.issues.map(({ message }) => message).join("; ")}`;
    case "custom":
      return issue.message;
    default:
      return `${there}${issue.message}`;
  }
}

function optionOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return issue.values.join(", ");
  if (issue.code === "invalid_type") return KINDS[issue.expected] ?? issue.expected;
  if (issue.code === "too_small") return `at least ${issue.minimum}`;
  return issue.message;
}

const sized = (origin: string) => origin === "array" || origin === "string" ? "of length " : "";

function quoted(value: unknown): string {
  const text = typeof value === "string" ? `"${value}"` : JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
