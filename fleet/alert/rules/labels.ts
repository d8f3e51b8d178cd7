import type { AgentView, TaskView } from "../../model/view.ts";
import type { UnitKey } from "../../model/unit.ts";
import { unitOfKey } from "../../model/unit.ts";

/** Names of what every host or task has; any other name is that of a label. */
export const FIELDS = [
  "domain",
  "channel",
  "proplet_id",
  "host",
  "os",
  "version",
  "task_id",
  "target",
  "name",
] as const;

/** What an alert is about, in words that rules, silences and destinations know it by. */
export type Labels = Readonly<Record<string, string>>;

/** A field or a label of a host, or of a task on it; empty where it has none. */
export function labelOf(agent: AgentView, task: TaskView | null, name: string): string {
  switch (name) {
    case "domain":
      return unitOfKey(agent.unit).domain;
    case "channel":
      return unitOfKey(agent.unit).channel;
    case "proplet_id":
      return agent.propletId;
    case "host":
    case "os":
    case "version":
      return agent[name] ?? "";
    case "task_id":
      return task?.taskId ?? "";
    case "target":
    case "name":
      return task?.[name] ?? "";
  }
  const own = task?.labels;
  if (own && Object.hasOwn(own, name)) return own[name];
  return Object.hasOwn(agent.labels, name) ? agent.labels[name] : "";
}

/** All fields and labels of a host, or of a task on it, that it has. */
export function labelsOf(agent: AgentView, task: TaskView | null): Labels {
  const names = [...FIELDS, ...Object.keys(agent.labels), ...Object.keys(task?.labels ?? {})];
  const entries = names.map((name) => [name, labelOf(agent, task, name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

/** What a unit is known by. */
export function unitLabels(unit: UnitKey): Labels {
  return { ...unitOfKey(unit) };
}
