import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, Node } from "yaml";
import type { Fault, Place } from "./fault.ts";

export type { Place };

/** A value with the place it was written at. */
export interface Located {
  readonly at: Place;
  readonly value: Scalar | Located[] | LocatedMap;
  /** Whether the scalar was written without quotes, so that its text decides about its type. */
  readonly plain?: boolean;
  /** What was written, where variables have been put in since. */
  readonly written?: string;
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

/** How deep a configuration may be nested. */
const DEEPEST = 50;

/**
 * Read YAML with the place of everything; what is no YAML becomes faults.
 * @returns null for an empty document, and for one with faults
 */
export function locate(text: string, file: string, faults: Fault[]): Located | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  for (const error of document.errors) {
    const message = error.message.split("\n")[0].replace(/[.:]$/, "");
    faults.push({ at: placeAt(error.pos[0]), key: "", message: `this is no YAML: ${message}` });
  }
  if (document.errors.length > 0 || !document.contents) return null;
  return new Reader(document, placeAt, faults).read(document.contents, 0);
}

class Reader {
  constructor(
    readonly document: Document,
    readonly placeAt: (offset: number) => Place,
    readonly faults: Fault[],
  ) {}

  read(node: Node | null, depth: number): Located {
    const at = this.placeAt(node?.range?.[0] ?? 0);
    if (depth > DEEPEST) {
      this.faults.push({ at, key: "", message: `it is nested more than ${DEEPEST} deep` });
      return { at, value: null };
    }
    if (isAlias(node)) return { ...this.read(node.resolve(this.document) as Node ?? null, depth + 1), at };
    if (isMap(node)) return { at, value: this.#readMap(node.items, depth) };
    if (isSeq(node)) return { at, value: node.items.map((item) => this.read(item as Node, depth + 1)) };
    if (!isScalar(node)) return { at, value: null };
    const { value } = node;
    const scalar = typeof value === "bigint" ? Number(value) : value;
    const isKnown = scalar === null || ["string", "number", "boolean"].includes(typeof scalar);
    return { at, value: isKnown ? scalar as Scalar : String(scalar), plain: node.type === "PLAIN" };
  }

  #readMap(items: readonly { key: unknown; value: unknown }[], depth: number): LocatedMap {
    const map: LocatedMap = new Map();
    for (const { key, value } of items) {
      const node = key as Node;
      const at = this.placeAt(node?.range?.[0] ?? 0);
      const name = isScalar(node) ? String(node.value) : null;
      if (name === null) {
        this.faults.push({ at, key: "", message: "a key is a word, not a list or a mapping" });
        continue;
      }
      const entry = this.read(value as Node | null, depth + 1);
      // A key without a value stands where the key does.
      map.set(name, { at, value: (value as Node | null)?.range ? entry : { ...entry, at } });
    }
    return map;
  }
}

/** The same as plain data. */
export function plainData(located: Located, shown = false): unknown {
  const { value } = located;
  if (Array.isArray(value)) return value.map((item) => plainData(item, shown));
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, { value: one }]) => [key, plainData(one, shown)]));
  }
  return shown && located.written !== undefined ? located.written : value;
}

/** Plain data as if it had been written somewhere: all of it at one place. */
export function locateData(data: unknown, at: Place): Located {
  if (Array.isArray(data)) return { at, value: data.map((item) => locateData(item, at)) };
  if (typeof data === "object" && data !== null) {
    const entries = Object.entries(data).filter(([, value]) => value !== undefined);
    return { at, value: new Map(entries.map(([key, value]) => [key, { at, value: locateData(value, at) }])) };
  }
  const isScalarData = data === null || ["string", "number", "boolean"].includes(typeof data);
  return { at, value: isScalarData ? data as Scalar : String(data) };
}
