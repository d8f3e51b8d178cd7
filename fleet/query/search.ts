import type { FleetView, TaskView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { HOUR_MS } from "./history.ts";
import { QueryError } from "./query_error.ts";
import { hostOf, isSeen, seenAgents, unitsOf } from "./scope.ts";
import type { Scope } from "./scope.ts";

const MOST_WORDS = 8;
const LONGEST = 200;
/** What is no older may not be in the store's index yet. */
const FRESH_MS = HOUR_MS;

/** What is found: a task, or a host by its own. */
export interface Found {
  readonly task: TaskView;
  /** Whether it is the host itself. */
  readonly isHost: boolean;
}

/** Tasks and hosts with all words somewhere in their names and labels, those heard of last first. */
export async function searchFleet(
  view: FleetView,
  store: Store,
  text: string,
  limit: number,
  scope: Scope,
  now: number,
): Promise<Found[]> {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) throw new QueryError("invalid", "q: it is empty; write what to search for");
  if (words.length > MOST_WORDS || text.length > LONGEST) {
    throw new QueryError("invalid", `q: ${MOST_WORDS} words of ${LONGEST} characters in all are the most`);
  }
  const found = new Map<number, TaskView>();
  const take = (task: TaskView | null | undefined) => {
    if (task && isSeen(scope, task.agent.unit)) found.set(task.id, task);
  };
  for (const { id } of await store.search(words, unitsOf(scope), limit)) take(view.tasks.get(id));
  for (const agent of seenAgents(view, scope)) {
    const ofAgent = textOf([agent.host, agent.propletId, agent.os, agent.version, agent.unit], agent.labels);
    const isFound = (more: string) => words.every((word) => ofAgent.includes(word) || more.includes(word));
    if (isFound("")) take(agent.hostTask);
    for (const task of agent.tasks.values()) {
      if (now - task.firstSeen > FRESH_MS) continue;
      if (isFound(textOf([task.taskId, task.name, task.target], task.labels))) take(task);
    }
  }
  return [...found.values()].sort((a, b) => b.lastTime - a.lastTime || a.id - b.id).slice(0, limit)
    .map((task) => ({ task, isHost: task.taskId === "" }));
}

function textOf(names: readonly (string | null)[], labels: Readonly<Record<string, string>>): string {
  const all = [...names, ...Object.entries(labels).flat()];
  return all.filter((text) => text !== null).join("\n").toLowerCase();
}

/** How a task is called before people: a host by its name. */
export function nameOf(task: TaskView): string {
  return task.taskId === "" ? hostOf(task.agent) : task.name ?? task.taskId;
}
