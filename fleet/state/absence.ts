import { ADMISSION_LIMITS } from "../ingest/limits.ts";
import type { AgentState } from "./agent_state.ts";
import type { FleetState } from "./fleet_state.ts";
import type { TaskOfAgent } from "./task_state.ts";

/** Nothing is missed sooner … */
const SHORTEST_MS = 30_000;
/** … nor before so many messages did not come. */
const MISSED = 3;
/** How long an agent, or a task, may be silent of which it is not known how often it speaks. */
const UNKNOWN_MS = 300_000;
/** What has ended so long ago is known to the store alone. */
const KEPT_MS = 24 * 3_600_000;
/** Agents that have gone are shown for so long … */
export const GONE_MS = 30 * KEPT_MS;
/** … and a day where there are more than are ever taken in at a time: names that nobody has again take no memory. */
const MOST_AGENTS = ADMISSION_LIMITS.agents;

/**
 * Find out who is missed. Agents are held against our clock, and only as long as we have listened; tasks against the
 * clock of their agent, which speaks on.
 */
export function lookForAbsent(state: FleetState, now: number, mostAgents = MOST_AGENTS): void {
  const goneMs = state.agents.size > mostAgents ? KEPT_MS : GONE_MS;
  for (const [unit, agents] of state.units) {
    const since = state.listeningSince(unit);
    for (const agent of agents) {
      if (since !== null && agent.presence === "online") {
        const silent = now - Math.max(agent.lastSeen, since);
        if (silent > SHORTEST_MS && silent > allowed(gapOf(agent))) state.changeAgent(agent, "lost", now);
      }
      for (const task of agent.tasks.values()) lookAt(state, agent, task, now);
      if (agent.isStored && agent.tasks.size === 0 && hasGone(agent, now, goneMs)) state.dropAgent(agent);
    }
  }
}

function lookAt(state: FleetState, agent: AgentState, task: TaskOfAgent, now: number): void {
  const isForgotten = task.isSaved && now - Math.max(task.lastTime, task.lastEvent) > KEPT_MS;
  if (isForgotten && hasGone(agent, now, KEPT_MS)) {
    // Nobody will say how it has ended.
    if (task.state === "running" && task.lastTime !== -Infinity) state.changeTask(task, "lost", now);
    state.drop(task);
  } else if (task.lastTime === -Infinity) {
    // Only events are told of it.
    if (isForgotten) state.drop(task);
  } else if (task.state === "running") {
    const silent = agent.lastTold - task.lastTime;
    if (agent.presence === "online" && silent > allowed(task.interval)) state.changeTask(task, "lost", now);
  } else if (isForgotten && now - task.stateSince > KEPT_MS) {
    state.drop(task);
  }
}

function hasGone({ presence, presenceSince }: AgentState, now: number, forMs: number): boolean {
  return presence !== "online" && now - presenceSince > forMs;
}

function allowed(gap: number | null): number {
  return gap === null ? UNKNOWN_MS : Math.max(SHORTEST_MS, MISSED * gap);
}

/** How often an agent speaks: as often as what it tells of most often. */
function gapOf(agent: AgentState): number | null {
  let least: number | null = null;
  for (const { state, interval } of agent.all()) {
    if (interval !== null && state === "running" && (least === null || interval < least)) least = interval;
  }
  return least;
}
