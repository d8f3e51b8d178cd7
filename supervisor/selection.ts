import { usageError } from "../core/error.ts";
import { isLike } from "../core/id_pattern.ts";
import type { ProcessType } from "./control.ts";
import { instanceBase, isNamed } from "./instance_rows.ts";

/** Ids that a refusal names. */
const MOST_TOLD = 20;

/** What of a process says whether it is meant. */
interface Selectable {
  readonly id: string;
  readonly type: ProcessType;
  /** undefined by a supervisor that is older, and knows none. */
  readonly groups?: readonly string[];
}

/**
 * The ids that are meant: `web`, each instance of it where it has some, `web:*` and `*-db` by pattern (`?` is one
 * character), `@name` for a group. A name that fits none stays, for the supervisor to refuse.
 * @param isManagedOnly whether patterns and groups stand for those alone that are started and stopped here
 * @throws ProctorError of kind `usage` for a pattern or a group that nothing fits
 */
export function idsOf(
  names: readonly string[],
  all: readonly Selectable[],
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

function inGroup(group: string, all: readonly Selectable[]): string[] {
  return all.filter((one) => {
    // A supervisor that knows of none would have the command meant for some go to all.
    if (!one.groups) throw usageError(`"@${group}": the supervisor that runs is older, and knows no groups`);
    return one.groups.includes(group);
  }).map(({ id }) => id);
}

function fitting(name: string, all: readonly Selectable[], meant: readonly Selectable[]): string[] {
  const ids = all.map(({ id }) => id);
  if (ids.includes(name)) return [name];
  if (/[*?]/.test(name)) {
    return meant.map(({ id }) => id).filter((id) => isLike(name, id));
  }
  const instances = ids.filter((id) => instanceBase(id) === name);
  return instances.length > 0 ? instances : [name];
}

/** Whether one that has come later is meant, too; by no names at all everything that is ours to start is. */
export function isMeant(names: readonly string[], { id, type, groups = [] }: Selectable): boolean {
  if (names.some((name) => isNamed(name, id))) return true;
  if (type === "unmanaged") return false;
  const fits = (name: string) => name.startsWith("@") ? groups.includes(name.slice(1)) : isLike(name, id);
  return names.length === 0 || names.some(fits);
}
