import { z } from "zod";
import { nearest } from "../../core/nearest.ts";
import { wording } from "../../core/zod_issues.ts";
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
  const result = schema.safeParse(plainData(located), {
    error: (issue) => wording(issue, shownAt(located, (issue.path ?? []).map(String))),
  });
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
