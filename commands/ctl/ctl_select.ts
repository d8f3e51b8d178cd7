import { usageError } from "../../core/error.ts";
import type { Client } from "../../supervisor/client/ctl_client.ts";
import type { ProcessStatus } from "../../supervisor/control.ts";
import { instanceBase } from "../../supervisor/instance_rows.ts";

/** Ids that a refusal names. */
const MOST_TOLD = 20;

/** The ids that are meant, of the processes that are there now; see {@link idsOf}. */
export async function selected(
  client: Client,
  names: readonly string[],
  isManagedOnly = false,
): Promise<string[]> {
  if (names.length === 0) return [];
  return idsOf(names, await client.ask<ProcessStatus[]>("GET", "/processes"), isManagedOnly);
}

/**
 * The ids that are meant: `web`, each instance of it where it has some, `web:*` and `*-db` by pattern (`?` is one
 * character), `@name` for a group. A name that fits none stays, for the supervisor to refuse.
 * @param isManagedOnly whether patterns and groups stand for those alone that are started and stopped here
 * @throws ProctorError of kind `usage` for a pattern or a group that nothing fits
 */
export function idsOf(
  names: readonly string[],
  all: readonly ProcessStatus[],
  isManagedOnly = false,
): string[] {
  const meant = isManagedOnly ? all.filter(({ type }) => type !== "unmanaged") : all;
  const found = new Set<string>();
  for (const name of names) {
    const ids = name.startsWith("@") ? inGroup(name.slice(1), meant) : fitting(name, all, meant);
    if (ids.length === 0) {
      const known = meant.map(({ id }) => id);
      const more = known.length > MOST_TOLD ? ` and ${known.length - MOST_TOLD} more` : "";
      const there = known.length > 0
        ? `there are ${known.slice(0, MOST_TOLD).join(", ")}${more}`
        : "there is none";
      throw usageError(`"${name}": no process fits; ${there}`);
    }
    for (const id of ids) found.add(id);
  }
  return [...found];
}

function inGroup(group: string, all: readonly ProcessStatus[]): string[] {
  return all.filter((one) => {
    // A supervisor that knows of none would have the command meant for some go to all.
    if (!one.groups) throw usageError(`"@${group}": the supervisor that runs is older, and knows no groups`);
    return one.groups.includes(group);
  }).map(({ id }) => id);
}

function fitting(name: string, all: readonly ProcessStatus[], meant: readonly ProcessStatus[]): string[] {
  const ids = all.map(({ id }) => id);
  if (ids.includes(name)) return [name];
  if (/[*?]/.test(name)) {
    return meant.map(({ id }) => id).filter((id) => isLike(name, id));
  }
  const instances = ids.filter((id) => instanceBase(id) === name);
  return instances.length > 0 ? instances : [name];
}

/**
 * Whether a pattern fits an id. No regular expression: of many stars that takes for ever; here the last star alone is
 * gone back to, which suffices.
 */
function isLike(pattern: string, id: string): boolean {
  let [at, star, taken] = [0, -1, 0];
  for (let place = 0; place < id.length;) {
    if (pattern[at] === "*") [star, taken] = [at++, place];
    else if (pattern[at] === "?" || pattern[at] === id[place]) [at, place] = [at + 1, place + 1];
    else if (star >= 0) [at, place] = [star + 1, ++taken];
    else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
