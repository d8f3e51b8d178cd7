import { ConfigError } from "../../config/fault.ts";
import { isMapping } from "../../config/located.ts";
import type { Located, Place, Scalar } from "../../config/located.ts";
import { literal } from "../../config/substitute.ts";

/*
 * An entry as it was written, to be kept in a file: texts in which variables were put in have their references, not
 * the values, which may be secret. So that it becomes the same again it says which texts those are, and which of them
 * were written without quotes: of a JSON text alone that could not be told.
 */

/** A text with references, a word without quotes that reads as something else, a mapping, or plain data. */
type Written =
  | { readonly written: string; readonly plain?: true }
  | { readonly word: string; readonly value: Scalar }
  | { readonly map: readonly (readonly [key: string, value: Written])[] }
  | readonly Written[]
  | Scalar;

/** What of an entry is not part of what a process runs by, or stands for several of them. */
const LEFT_OUT = new Set(["instances", "depends_on", "restart_with", "groups"]);

/** An entry in canonical form, with its variables put in, as it was written. */
export function writtenEntry(entry: Located): string {
  if (!isMapping(entry)) return JSON.stringify(writtenOf(entry));
  const map = new Map([...entry.value].filter(([key]) => !LEFT_OUT.has(key)));
  return JSON.stringify(writtenOf({ ...entry, value: map }));
}

function writtenOf({ value, written, plain, source }: Located): Written {
  if (Array.isArray(value)) return value.map(writtenOf);
  if (value instanceof Map) return { map: [...value].map(([key, one]) => [key, writtenOf(one.value)]) };
  if (written !== undefined) return { written, ...(plain && { plain }) };
  return source !== undefined && source !== String(value) ? { word: source, value } : value;
}

/**
 * The same as an entry again, whose variables are still to be put in.
 * @param at the place of all of it
 * @throws ConfigError where it is none
 */
export function readWritten(text: string, at: Place): Located {
  const read = (one: Written): Located => {
    // A text without references is not looked into.
    if (typeof one === "string") return { at, value: literal(one) };
    if (one === null || typeof one !== "object") return { at, value: one, plain: true };
    if (!("length" in one)) {
      if ("written" in one) return { at, value: one.written, plain: one.plain };
      if ("word" in one) return { at, value: one.value, source: one.word, plain: true };
      return { at, value: new Map(one.map.map(([key, value]) => [key, { at, value: read(value) }])) };
    }
    return { at, value: one.map(read) };
  };
  try {
    return read(JSON.parse(text));
  } catch {
    throw new ConfigError([{ at, key: "", message: "it cannot be read" }]);
  }
}
