import type { Fault } from "../../config/fault.ts";
import { isMapping, member, textOf } from "../../config/located.ts";
import type { Located, LocatedMap } from "../../config/located.ts";
import { substitute } from "../../config/substitute.ts";
import type { Variables } from "../../config/substitute.ts";
import { instanceBase } from "../instance_rows.ts";

/*
 * `instances: N` stands for N processes `id:0` to `id:N-1` of one definition, in which the variables PROCTOR_INSTANCE
 * and PROCTOR_PORT (`port` + N) have the values of each; they are in its environment as well.
 */

/** Instances of one process. */
export const MOST_INSTANCES = 1_000;
const LISTS = ["managed_processes", "workers"];
const HIGHEST_PORT = 65_535;

/** The id without the number of an instance. */
export function baseOf(id: string): string {
  return instanceBase(id) ?? id;
}

/** The number of an instance; null for a process that is none. */
function instanceOf(id: string): number | null {
  const [, number] = /:(\d+)$/.exec(id) ?? [];
  return number === undefined ? null : Number(number);
}

/** Variables that a process is given by its number and its first port. */
export function instanceVariables(id: string, port: number | undefined): Record<string, string> {
  const number = instanceOf(id);
  return {
    ...(number === null ? {} : { PROCTOR_INSTANCE: String(number) }),
    ...(port === undefined ? {} : { PROCTOR_PORT: String(port + (number ?? 0)) }),
  };
}

/** A file with variables put in, and an entry for each instance in place of the one for all. */
export function substituteFile(root: Located, variables: Variables, faults: Fault[]): Located {
  if (!isMapping(root)) return substitute(root, variables, faults);
  const map = new Map(root.value);
  for (const [key, { at, value }] of root.value) {
    if (LISTS.includes(key) && Array.isArray(value.value)) {
      const entries = value.value.flatMap((entry) =>
        instancesOf(entry, idIn(entry, variables), variables, faults).map(({ number, located }) =>
          withNumber(located, number)
        )
      );
      map.set(key, { at, value: { ...value, value: entries } });
    } else if (key === "processes" && isMapping(value)) {
      map.set(key, { at, value: { ...value, value: inShortForm(value.value, variables, faults) } });
    } else map.set(key, { at, value: substitute(value, variables, faults) });
  }
  return { ...root, value: map };
}

/** The entries of `processes`, by the ids of all that they stand for. */
function inShortForm(entries: LocatedMap, variables: Variables, faults: Fault[]): LocatedMap {
  const all: LocatedMap = new Map();
  for (const [name, { at, value }] of entries) {
    for (const { number, located } of instancesOf(value, name, variables, faults)) {
      const id = number === null ? name : `${name}:${number}`;
      const before = all.get(id);
      if (before) {
        const message = `"${id}" is taken (${before.at.file}:${before.at.line}); choose another`;
        faults.push({ at, key: `processes.${name}`, message });
      } else all.set(id, { at, value: located });
    }
  }
  return all;
}

/** The id of an entry of a list; nothing where it has none that can be one. */
export function idIn(entry: Located, variables: Variables): string {
  const id = member(entry, "id");
  const text = id && textOf(substitute(id, variables, []));
  return typeof text === "string" ? text : "";
}

/** Variables for what a process of its own number says, beside all others. */
export function variablesOf(entry: Located, id: string, variables: Variables): Variables {
  const port = member(entry, "port");
  const value = port && Number(substitute(port, variables, []).value);
  return { ...variables, ...instanceVariables(id, value) };
}

/** An entry for each instance, with variables put in; where it has none, or no right number, that itself. */
function instancesOf(
  entry: Located,
  id: string,
  variables: Variables,
  faults: Fault[],
): { number: number | null; located: Located }[] {
  const read = (key: string) => {
    const written = member(entry, key);
    // A variable that is not set is told of below, where all others are.
    return written && Number(substitute(written, variables, []).value);
  };
  const port = read("port");
  const count = read("instances");
  const tooHigh = (message: string) => faults.push({ at: member(entry, "port")!.at, key: "port", message });
  if (count === undefined || !Number.isInteger(count) || count < 1 || count > MOST_INSTANCES) {
    const number = instanceOf(id);
    if (number !== null && port !== undefined && port <= HIGHEST_PORT && port + number > HIGHEST_PORT) {
      tooHigh(`${port} and ${number}, the number in its id, go beyond ${HIGHEST_PORT}`);
    }
    return [{ number: null, located: substitute(entry, variablesOf(entry, id, variables), faults) }];
  }
  if (port !== undefined && port + count - 1 > HIGHEST_PORT) {
    tooHigh(`${port} and ${count - 1} more go beyond ${HIGHEST_PORT}`);
  }
  return Array.from({ length: count }, (_, number) => ({
    number,
    // What is wrong with one instance is wrong with all.
    located: substitute(
      entry,
      variablesOf(entry, `${id}:${number}`, variables),
      number === 0 ? faults : [],
    ),
  }));
}

/** The entry of one instance, by its own id. */
function withNumber(entry: Located, number: number | null): Located {
  const id = member(entry, "id");
  const text = id && textOf(id);
  if (number === null || !isMapping(entry) || typeof text !== "string") return entry;
  const key = entry.value.get("id")!;
  const value = new Map(entry.value).set("id", {
    at: key.at,
    value: { at: id!.at, value: `${text}:${number}` },
  });
  return { ...entry, value };
}
