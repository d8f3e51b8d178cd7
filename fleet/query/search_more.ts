import type { FleetView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { DAY_MS } from "../store/hour_of.ts";
import { hostOf, isSeen, seenAgents, unitsOf } from "./scope.ts";
import type { Scope } from "./scope.ts";

/** How far back runs are searched, and how many of the newest. */
const [RUNS_MS, MOST_RUNS] = [30 * DAY_MS, 2_000];

/** A target, and how many tasks run it. */
export interface FoundTarget {
  readonly name: string;
  readonly count: number;
}

/** A run that has ended, and whose it was. */
export interface FoundRun {
  readonly task: number;
  readonly task_id: string;
  readonly host: string;
  readonly ended: number;
  readonly state: string;
  readonly error: string | null;
}

/** Targets with all words, in lower case, somewhere in their names; those of most tasks first. */
export function searchTargets(
  view: FleetView,
  words: readonly string[],
  limit: number,
  scope: Scope,
): FoundTarget[] {
  const counts = new Map<string, number>();
  for (const { tasks } of seenAgents(view, scope)) {
    for (const { target } of tasks.values()) {
      if (target !== null && target !== "") counts.set(target, (counts.get(target) ?? 0) + 1);
    }
  }
  return [...counts].filter(([name]) => hasAll(name, words)).map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)).slice(0, limit);
}

/** Runs with all words somewhere in what they were of, how they ended, and why; of the newest, the newest first. */
export async function searchRuns(
  view: FleetView,
  store: Store,
  words: readonly string[],
  limit: number,
  scope: Scope,
  now: number,
): Promise<FoundRun[]> {
  const units = unitsOf(scope);
  const rows = await store.runs({
    ...(units && { units }),
    from: now - RUNS_MS,
    until: now + DAY_MS,
    limit: MOST_RUNS,
  });
  const found: FoundRun[] = [];
  for (const { task: id, ended, state, error } of rows) {
    const task = view.tasks.get(id);
    if (!task || !isSeen(scope, task.agent.unit)) continue;
    const host = hostOf(task.agent);
    if (!hasAll([task.taskId, task.target, host, state, error].join("\n"), words)) continue;
    found.push({ task: id, task_id: task.taskId, host, ended, state, error });
    if (found.length === limit) break;
  }
  return found;
}

function hasAll(text: string, words: readonly string[]): boolean {
  const all = text.toLowerCase();
  return words.every((word) => all.includes(word));
}
