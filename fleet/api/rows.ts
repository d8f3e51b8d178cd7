import { z } from "@hono/zod-openapi";
import { COLUMNS } from "../model/column.ts";
import type { AgentView, TaskView } from "../model/view.ts";
import { hostOf } from "../query/scope.ts";
import { nameOf } from "../query/search.ts";
import { figure } from "./parameters.ts";

const labels = z.record(z.string(), z.string());
const moment = z.string().describe("RFC 3339");
const told = (at: number) => new Date(at).toISOString();

/** An agent, as it is told. */
export const agentSchema = z.object({
  id: z.int(),
  unit: z.string(),
  proplet_id: z.string(),
  agent_id: z.string().nullable(),
  host: z.string(),
  os: z.string().nullable(),
  version: z.string().nullable(),
  labels,
  first_seen: moment,
  last_seen: moment,
  presence: z.enum(["online", "offline", "lost"]),
  presence_since: moment,
  clock_offset_seconds: figure,
  is_duplicate: z.boolean(),
  host_task: z.int().nullable().describe("the task that stands for the host itself"),
  task_count: z.int(),
}).openapi("Agent");

/** A task, as it is told. */
export const taskSchema = z.object({
  id: z.int(),
  agent: z.int(),
  unit: z.string(),
  host: z.string(),
  task_id: z.string(),
  name: z.string(),
  target: z.string().nullable(),
  labels,
  first_seen: moment,
  last_time: moment.nullable().describe("of its last sample; null where it was never sampled"),
  state: z.enum(["running", "ended", "stopped", "lost"]),
  state_since: moment,
  run_since: moment,
  interval_ms: figure,
  is_embedded: z.boolean(),
  figures: z.record(z.string(), z.number()).describe("the figures of its last sample, by name"),
}).openapi("Task");

/** What is told of an agent. */
export function agentRow(agent: AgentView): z.output<typeof agentSchema> {
  const { id, unit, propletId, agentId, os, version, labels, presence, isDuplicate, toldOffset } = agent;
  return {
    id,
    unit,
    proplet_id: propletId,
    agent_id: agentId,
    host: hostOf(agent),
    os,
    version,
    labels: { ...labels },
    first_seen: told(agent.firstSeen),
    last_seen: told(agent.lastSeen),
    presence,
    presence_since: told(agent.presenceSince),
    clock_offset_seconds: toldOffset,
    is_duplicate: isDuplicate,
    host_task: agent.hostTask?.id ?? null,
    task_count: agent.tasks.size,
  };
}

/** What is told of a task. */
export function taskRow(task: TaskView): z.output<typeof taskSchema> {
  const { id, agent, taskId, target, labels, state, interval, isEmbedded } = task;
  return {
    id,
    agent: agent.id,
    unit: agent.unit,
    host: hostOf(agent),
    task_id: taskId,
    name: nameOf(task),
    target,
    labels: { ...labels },
    first_seen: told(task.firstSeen),
    last_time: Number.isFinite(task.lastTime) ? told(task.lastTime) : null,
    state,
    state_since: told(task.stateSince),
    run_since: told(task.runSince),
    interval_ms: interval,
    is_embedded: isEmbedded,
    figures: figuresOf(task),
  };
}

/** The figures of the last sample that are known. */
export function figuresOf({ last, custom }: TaskView): Record<string, number> {
  const known = COLUMNS.flatMap(({ name }, at) => Number.isNaN(last[at]) ? [] : [[name, last[at]] as const]);
  return Object.fromEntries([...known, ...custom ?? []]);
}
