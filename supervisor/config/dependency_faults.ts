import { placeOf } from "../../config/check.ts";
import type { Fault } from "../../config/fault.ts";
import { member } from "../../config/located.ts";
import type { Definition } from "../definition.ts";
import { dependencyCircles } from "../dependencies.ts";
import { bondedIds } from "./bonded_ids.ts";
import type { Entry } from "./entry.ts";
import { baseOf } from "./instances.ts";

/**
 * What depends on what is not there, on what it cannot wait for, or on itself.
 * @param others definitions besides the entries
 * @param definitions of those entries that are well-formed
 */
export function checkDependencies(
  entries: readonly Entry[],
  others: readonly Definition[],
  definitions: readonly Definition[],
  faults: Fault[],
): void {
  const complete = new Map([...others, ...definitions].map((definition) => [definition.id, definition]));
  const ids = new Set([...others.map(({ id }) => id), ...entries.flatMap(({ id }) => id ?? [])]);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const fault = ({ located, key }: Entry, dependency: string, message: string) => {
    const at = placeOf(located, ["depends_on", dependency]);
    // What it restarts with it depends on, at the place where that is written.
    const bonds = member(located, "restart_with")?.value;
    const isBond = Array.isArray(bonds) && bonds.some((one) => one.at === at);
    faults.push({
      at,
      key: [key, isBond ? "restart_with" : "depends_on"].filter(Boolean).join("."),
      message,
    });
  };
  for (const entry of entries) {
    for (const id of entry.dependencies) {
      const other = complete.get(id);
      const condition = entry.config?.depends_on[id]?.condition;
      if (!ids.has(id)) {
        const known = [...ids].filter((one) => one !== entry.id);
        const right = known.length > 0 ? `there are ${known.slice(0, 20).join(", ")}` : "there is no other";
        fault(entry, id, `there is no process "${id}"; ${right}`);
      } else if (other && condition === "healthy" && !tellsHealth(other)) {
        fault(
          entry,
          id,
          `"${id}" has no health_check, so it never becomes healthy; write condition: started`,
        );
      } else if (other?.schedule) {
        fault(entry, id, `"${id}" is started by its schedule: nothing can wait for that; leave it out`);
      } else if (other?.type === "unmanaged" && condition === "exited_successfully") {
        fault(entry, id, `"${id}" is unmanaged: its exit code is unknown; write condition: started`);
      } else if (condition === "exited_successfully" && bondsOf(entry).includes(id)) {
        fault(entry, id, `it restarts with "${id}", which has ended by then; write condition: started`);
      }
    }
  }
  const all = [
    ...others,
    ...entries.map(({ id, dependencies }) => ({
      id: id ?? "",
      dependsOn: new Map(dependencies.map((one) => [one, null])),
    })),
  ];
  for (const circle of dependencyCircles(all)) {
    const entry = circle.map((id) => byId.get(id)).find((one) => one !== undefined);
    const at = circle.indexOf(entry?.id ?? "");
    if (!entry) continue;
    const shown = [...circle.slice(at), ...circle.slice(0, at), entry.id].join(" → ");
    fault(entry, circle[(at + 1) % circle.length], `${shown} is a circle: none of them could be the first`);
  }
}

/**
 * What others depend on, and is in no file any more.
 * @param ids all that there would be
 * @param path the file that is at fault
 */
export function checkOthers(
  others: readonly Definition[],
  ids: ReadonlySet<string>,
  path: string,
  faults: Fault[],
): void {
  for (const { id, dependsOn } of others) {
    for (const gone of [...dependsOn.keys()].filter((one) => !ids.has(one))) {
      const message =
        `"${gone}" is missing, and ${id} depends on it, which was added at run time; remove that first`;
      faults.push({ at: { file: path, line: 1, column: 1 }, key: "", message });
    }
  }
}

function tellsHealth({ healthCheck, readinessCheck, launch }: Definition): boolean {
  return healthCheck !== null || readinessCheck !== null || launch?.watchdogMs !== undefined;
}

/** The ids, those of instances included, that an entry restarts with. */
function bondsOf({ config }: Entry): string[] {
  return config ? bondedIds(config) : [];
}

/** The same entries, in which whoever depends on a process of instances depends on each of them. */
export function dependingOnInstances(entries: readonly Entry[]): Entry[] {
  const instances = Map.groupBy(entries.flatMap(({ id }) => id ?? []), baseOf);
  const eachOf = (id: string) => {
    const each = instances.get(id) ?? [];
    return each.includes(id) || each.length === 0 ? [id] : each;
  };
  return entries.map((entry) => ({
    ...entry,
    dependencies: entry.dependencies.flatMap(eachOf),
    config: entry.config && {
      ...entry.config,
      depends_on: Object.fromEntries(
        Object.entries(entry.config.depends_on).flatMap(([id, condition]) =>
          eachOf(id).map((one) => [one, condition])
        ),
      ),
    },
  }));
}
