import type { UnitKey } from "../model/unit.ts";
import type { AgentRow, RunRow, TaskRow } from "./contract.ts";

/** The columns of a stored agent, in the order of {@link agentValues}. */
export const AGENT_COLUMNS =
  "id, unit, proplet_id, agent_id, host, os, version, boot_id, labels, first_seen, last_seen, " +
  "presence, presence_since, words";
/** The columns of a stored task, in the order of {@link taskValues}. */
export const TASK_COLUMNS =
  "id, agent, task_id, target, name, labels, first_seen, last_time, state, state_since, run_since, " +
  "last, words";

/** A row of a result, by column. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** What is stored of an agent. */
export function agentValues(row: AgentRow): (string | number | null)[] {
  const { id, unit, propletId, agentId, host, os, version, bootId, labels } = row;
  const { firstSeen, lastSeen, presence, presenceSince } = row;
  const texts = [unit, propletId, agentId, host, os, version, bootId, JSON.stringify(labels)];
  const words = searchable([unit, propletId, agentId, host, os, version], labels);
  return [id, ...texts, firstSeen, lastSeen, presence, presenceSince, words];
}

/** What is stored of a task. */
export function taskValues(row: TaskRow): (string | number | null)[] {
  const { id, agent, taskId, target, name, labels, last } = row;
  const { firstSeen, lastTime, state, stateSince, runSince } = row;
  const texts = [taskId, target, name, JSON.stringify(labels)];
  const words = searchable([taskId, target, name], labels);
  const figures = last && JSON.stringify(last);
  return [id, agent, ...texts, firstSeen, lastTime, state, stateSince, runSince, figures, words];
}

function searchable(names: readonly (string | null)[], labels: Readonly<Record<string, string>>): string {
  return [...names, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)]
    .filter((name) => name !== null).join("\n").toLowerCase();
}

/** The words that are looked for, as searchable texts have them. */
export function searchWords(words: readonly string[]): string[] {
  return words.map((word) => word.toLowerCase()).filter((word) => word !== "");
}

/** An agent as it was stored. */
export function agentRow(row: StoredRow): AgentRow {
  return {
    id: row["id"] as number,
    unit: row["unit"] as UnitKey,
    propletId: row["proplet_id"] as string,
    agentId: row["agent_id"] as string | null,
    host: row["host"] as string | null,
    os: row["os"] as string | null,
    version: row["version"] as string | null,
    bootId: row["boot_id"] as string | null,
    labels: JSON.parse(row["labels"] as string),
    firstSeen: row["first_seen"] as number,
    lastSeen: row["last_seen"] as number,
    presence: row["presence"] as string,
    presenceSince: row["presence_since"] as number,
  };
}

/** A task as it was stored. */
export function taskRow(row: StoredRow): TaskRow {
  return {
    id: row["id"] as number,
    agent: row["agent"] as number,
    taskId: row["task_id"] as string,
    target: row["target"] as string | null,
    name: row["name"] as string | null,
    labels: JSON.parse(row["labels"] as string),
    firstSeen: row["first_seen"] as number,
    lastTime: row["last_time"] as number,
    state: row["state"] as string,
    stateSince: row["state_since"] as number,
    runSince: row["run_since"] as number,
    last: row["last"] === null ? null : JSON.parse(row["last"] as string),
  };
}

/** A run as it was stored. */
export function runRow(row: StoredRow): RunRow {
  return {
    task: row["task"] as number,
    started: row["started"] as number,
    ended: row["ended"] as number,
    state: row["state"] as RunRow["state"],
    error: row["error"] as string | null,
    figures: JSON.parse(row["figures"] as string),
    quality: JSON.parse(row["quality"] as string),
  };
}
