import type { FleetView, TaskView } from "../model/view.ts";
import { hostOf, seenAgents } from "./scope.ts";
import type { Scope } from "./scope.ts";

/** Which tasks are meant: those that meet all of what is said; nothing said is all. */
export interface Selection {
  readonly tasks?: readonly number[];
  readonly agents?: readonly number[];
  readonly unit?: string;
  readonly host?: string;
  readonly target?: string;
  /** Of the task, or of its agent. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly version?: string;
  /** Tasks unless said otherwise. */
  readonly of?: "tasks" | "hosts";
}

/** The tasks that are meant, of those that may be seen, by their agents. */
export function* selected(view: FleetView, scope: Scope, selection: Selection): Generator<TaskView> {
  const { agents, unit, host, version, of = "tasks" } = selection;
  for (const agent of seenAgents(view, scope)) {
    if (agents && !agents.includes(agent.id)) continue;
    if (unit !== undefined && agent.unit !== unit) continue;
    if (host !== undefined && hostOf(agent) !== host) continue;
    if (version !== undefined && agent.version !== version) continue;
    if (of === "hosts") {
      if (agent.hostTask && isMeant(agent.hostTask, selection)) yield agent.hostTask;
      continue;
    }
    for (const task of agent.tasks.values()) if (isMeant(task, selection)) yield task;
  }
}

function isMeant(task: TaskView, { tasks, target, labels = {} }: Selection): boolean {
  if (tasks && !tasks.includes(task.id)) return false;
  if (target !== undefined && task.target !== target) return false;
  const valueOf = (name: string) =>
    [task.labels, task.agent.labels].find((all) => Object.hasOwn(all, name))?.[name];
  return Object.entries(labels).every(([name, value]) => valueOf(name) === value);
}
