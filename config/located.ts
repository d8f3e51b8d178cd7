import type { WrittenPart } from "../core/shell_words.ts";
import type { Fault, Place } from "./fault.ts";

export type { Place };

/** A value with the place it was written at. */
export interface Located {
  readonly at: Place;
  readonly value: Scalar | Located[] | LocatedMap;
  /** Whether the scalar was written without quotes, so that its text decides about its type. */
  readonly plain?: boolean;
  /** The text of a plain scalar, which its value may not give back: `0123`, `24.10`. */
  readonly source?: string;
  /** What was written, where variables have been put in since. */
  readonly written?: string;
  /** The same in pieces, so that what a variable has put in can be told from what surrounds it. */
  readonly parts?: readonly WrittenPart[];
}

/** A scalar of YAML's core schema. */
export type Scalar = string | number | boolean | null;

/** A mapping: the place of a key is a place of its own. */
export type LocatedMap = Map<string, { readonly at: Place; readonly value: Located }>;

/** Whether a located value is a mapping. */
export function isMapping(located: Located | undefined): located is Located & { value: LocatedMap } {
  return located?.value instanceof Map;
}

/** A value of a mapping; undefined when it is none, or has no such key. */
export function member(located: Located | undefined, key: string): Located | undefined {
  return isMapping(located) ? located.value.get(key)?.value : undefined;
}

/** What lies at the end of a path of keys and indices; undefined for nothing. */
export function valueAt(located: Located | undefined, path: readonly string[]): Located | undefined {
  let here = located;
  for (const word of path) {
    if (isMapping(here)) here = here.value.get(word)?.value;
    else here = Array.isArray(here?.value) ? here.value[Number(word)] : undefined;
  }
  return here;
}

/** A scalar as text, the way it was written; null for anything else, and for null. */
export function textOf({ value, source }: Located): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? source ?? String(value) : null;
}

/** How plain data is made of located values. */
export interface Rendering {
  /** With references to variables as they were written. */
  readonly shown?: boolean;
  /** Scalars that are wanted as text. */
  readonly texts?: ReadonlySet<Located>;
  /** Values that are left out with their keys. */
  readonly omitted?: ReadonlySet<Located>;
}

/** The same as plain data. */
export function plainData(located: Located, rendering: Rendering = {}): unknown {
  const { value, written } = located;
  if (Array.isArray(value)) return value.map((item) => plainData(item, rendering));
  if (value instanceof Map) {
    const entries = [...value].filter(([, { value: one }]) => !rendering.omitted?.has(one));
    return Object.fromEntries(entries.map(([key, { value: one }]) => [key, plainData(one, rendering)]));
  }
  if (rendering.shown && written !== undefined) return written;
  return rendering.texts?.has(located) ? textOf(located) : value;
}

/** How deep a configuration may be nested. */
export const DEEPEST = 50;

/** Plain data as if it had been written somewhere: all of it at one place. */
export function locateData(data: unknown, at: Place, faults: Fault[], depth = 0): Located {
  if (typeof data === "object" && data !== null) {
    if (depth >= DEEPEST) {
      faults.push({ at, key: "", message: `it is nested more than ${DEEPEST} deep` });
      return { at, value: null };
    }
    if (Array.isArray(data)) {
      return { at, value: data.map((item) => locateData(item, at, faults, depth + 1)) };
    }
    const entries = Object.entries(data).filter(([, value]) => value !== undefined);
    return {
      at,
      value: new Map(
        entries.map(([key, value]) => [key, { at, value: locateData(value, at, faults, depth + 1) }]),
      ),
    };
  }
  const isScalarData = data === null || ["string", "number", "boolean"].includes(typeof data);
  const value = isScalarData ? data as Scalar : String(data);
  if (typeof value === "string" && value.includes("\0")) faults.push({ at, key: "", message: NO_NUL });
  return { at, value };
}

/** What is wrong with a text in which NUL is: the kernel's texts end there. */
export const NO_NUL = "there is a NUL character in it, which no text can hold here";
