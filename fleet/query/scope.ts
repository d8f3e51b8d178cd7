import type { UnitKey } from "../model/unit.ts";
import type { AgentView, FleetView, TaskView } from "../model/view.ts";
import { QueryError } from "./query_error.ts";

/** The units that who asks may see; null: all of them. */
export type Scope = ReadonlySet<UnitKey> | null;

/** Whether a unit may be seen. */
export function isSeen(scope: Scope, unit: UnitKey): boolean {
  return scope === null || scope.has(unit);
}

/** The units of a scope as stores take them. */
export function unitsOf(scope: Scope): readonly UnitKey[] | null {
  return scope === null ? null : [...scope];
}

/** The units of the fleet that may be seen. */
export function seenUnits(view: FleetView, scope: Scope): UnitKey[] {
  return [...view.units.keys()].filter((unit) => isSeen(scope, unit));
}

/** The agents that may be seen. */
export function* seenAgents(view: FleetView, scope: Scope): Generator<AgentView> {
  for (const unit of seenUnits(view, scope)) yield* view.units.get(unit)!;
}

/**
 * A task by its number. One of another's unit is none.
 * @throws QueryError `not_found`
 */
export function seenTask(view: FleetView, scope: Scope, id: number): TaskView {
  const task = view.tasks.get(id);
  if (task && isSeen(scope, task.agent.unit)) return task;
  throw new QueryError("not_found", `there is no task ${id}`);
}

/**
 * An agent by its number. One of another's unit is none.
 * @throws QueryError `not_found`
 */
export function seenAgent(view: FleetView, scope: Scope, id: number): AgentView {
  const agent = view.agents.get(id);
  if (agent && isSeen(scope, agent.unit)) return agent;
  throw new QueryError("not_found", `there is no agent ${id}`);
}

/** How people call the host of an agent. */
export function hostOf({ host, propletId }: AgentView): string {
  return host ?? propletId;
}
