import { z } from "zod";
import { HIDDEN } from "../core/hide_secrets.ts";
import { nearest } from "../core/nearest.ts";
import { wording } from "../core/schema/zod_issues.ts";
import type { Fault } from "./fault.ts";
import { isMapping, plainData, valueAt } from "./located.ts";
import type { Located, Place } from "./located.ts";

/**
 * A located value as a schema reads it: where it wants text, a plain word is text as it was written, whatever else it
 * could be; and a key that it does not know and that begins with `x-` is an extension, nobody's but the author's.
 * What is wrong besides stays.
 */
export function schemaInput(schema: z.ZodType, located: Located): unknown {
  return parseLocated(schema, located).data;
}

function parseLocated<T extends z.ZodType>(schema: T, located: Located) {
  const texts = new Set<Located>();
  const omitted = new Set<Located>();
  // Each round finds what the last one has laid open: a part of a union, at most.
  for (;;) {
    const data = plainData(located, { texts, omitted });
    const result = schema.safeParse(data, {
      error: (issue) => {
        const path = (issue.path ?? []).map(String);
        return wording(issue, path.some(isSecretName) ? SECRET : shownAt(located, path));
      },
    });
    const before = texts.size + omitted.size;
    for (const issue of result.error?.issues ?? []) {
      const value = valueAt(located, issue.path.map(String));
      if (!value) continue;
      if (issue.code === "invalid_type" && issue.expected === "string" && hasOwnText(value)) texts.add(value);
      if (issue.code !== "unrecognized_keys") continue;
      for (const key of issue.keys) {
        const extension = key.startsWith("x-") && valueAt(value, [key]);
        if (extension) omitted.add(extension);
      }
    }
    if (texts.size + omitted.size === before) return { data, result };
  }
}

/** What stands in a fault for a value that may be secret. */
const SECRET = { toJSON: () => HIDDEN };
const SECRET_NAME = /^(?:env(?:ironment)?|headers|otlp_header|body)$|token|passw|secret|api_?key|credential/i;

/** Whether what has this name, and all below it, may be secret: but the name of a file is none. */
function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !/_file$/i.test(name);
}

/** A name, where somebody has written `NAME=value` for one: the value may be secret. */
function withoutAssignment(name: string): string {
  return name.replace(/=.*$/s, `=${HIDDEN}`);
}

/** Whether a value is text to whoever wants it to be: an absent one is none. */
function hasOwnText({ value, source }: Located): boolean {
  return source !== undefined && (typeof value === "number" || typeof value === "boolean");
}

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
  const { result } = parseLocated(schema, located);
  if (result.success) return result.data;
  let json: JsonSchema | undefined;
  // What a variable that is not set would have been nobody knows.
  const unknown = new Set(faults.filter(({ key }) => key === "").map(({ at }) => `${at.line}:${at.column}`));
  for (const issue of result.error.issues) {
    const path = issue.path.map(String);
    const keyOf = (words: readonly string[]) =>
      [prefix, ...words.map(withoutAssignment)].filter((word) => word !== "").join(".");
    if (issue.code === "unrecognized_keys") {
      json ??= z.toJSONSchema(schema, { io: "input", reused: "inline" }) as JsonSchema;
      const known = keysAt(json, path);
      for (const key of issue.keys.filter((key) => !key.startsWith("x-"))) {
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
    if (unknown.has(`${at.line}:${at.column}`)) continue;
    const message = unsubstituted(issue.message, valueAt(located, path));
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
  return [value.source, String(value.value)].filter((text) => text).reduce<string>(
    (words, text) => words.replaceAll(text!, value.written!),
    message,
  );
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
  const here = valueAt(located, path.slice(0, -1));
  const entry = isMapping(here) ? here.value.get(path.at(-1)!) : undefined;
  return entry?.at ?? placeOf(located, path);
}

/** What was written there, variables unresolved; undefined where nothing was. */
function shownAt(located: Located, path: readonly string[]): unknown {
  const value = valueAt(located, path);
  return value && plainData(value, { shown: true });
}
