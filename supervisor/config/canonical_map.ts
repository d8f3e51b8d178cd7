import type { Fault } from "../../config/fault.ts";
import { isMapping, textOf } from "../../config/located.ts";
import type { Located, LocatedMap } from "../../config/located.ts";

/** A copy of a mapping, edited; anything else as it is. */
export function edited(located: Located, edit: (map: LocatedMap) => void): Located {
  if (!isMapping(located)) return located;
  const map = new Map(located.value);
  edit(map);
  return { ...located, value: map };
}

/** An entry whose key and value stand at one place. */
export function entryAt(at: Located["at"], value: Located["value"]): Entry {
  return { at, value: { at, value } };
}

interface Entry {
  readonly at: Located["at"];
  readonly value: Located;
}

/** Change the value of a key, where it is there. */
export function change(map: LocatedMap, key: string, to: (value: Located) => Located): void {
  const entry = map.get(key);
  if (entry) map.set(key, { ...entry, value: to(entry.value) });
}

/** One word instead of another, by a table. */
export function oneOf(located: Located, words: Readonly<Record<string, string>>): Located {
  const { value } = located;
  return typeof value === "string" && Object.hasOwn(words, value)
    ? { ...located, value: words[value] }
    : located;
}

/** A single word where a list may stand. */
export function listOf(map: LocatedMap, key: string): void {
  change(map, key, (value) => textOf(value) === null ? value : { at: value.at, value: [value] });
}

/** Give a key the name it has in canonical form; both at once is a fault. */
export function rename(map: LocatedMap, from: string, to: string, faults: Fault[]): void {
  const entry = map.get(from);
  if (!entry) return;
  map.delete(from);
  put(map, to, entry, faults, from);
}

/** Lift the keys of a nested mapping one up. */
export function hoist(map: LocatedMap, key: string, faults: Fault[]): void {
  const entry = map.get(key);
  if (!entry || !isMapping(entry.value)) return;
  map.delete(key);
  for (const [name, value] of entry.value.value) put(map, name, value, faults);
}

/** Add an entry; a key that is there already is a fault. @param written how the key is called in the file */
export function put(
  map: LocatedMap,
  key: string,
  entry: Entry,
  faults: Fault[],
  written = key,
): void {
  if (!map.has(key)) return void map.set(key, entry);
  const message = written === key
    ? "it stands here twice; leave one out"
    : `it means the same as "${key}", which is there, too; leave one out`;
  faults.push({ at: entry.at, key: written, message });
}

/** Keys of other supervisors that have no counterpart: each is a fault, with the reason. */
export function refuse(map: LocatedMap, reasons: Readonly<Record<string, string>>, faults: Fault[]): void {
  for (const [key, message] of Object.entries(reasons)) {
    const entry = map.get(key);
    if (!entry) continue;
    map.delete(key);
    faults.push({ at: entry.at, key, message });
  }
}
