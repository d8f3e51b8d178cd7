import { readFileSync } from "node:fs";
import { METRICS } from "../../../core/measure/metrics.ts";
import { taskMessageSchema } from "../../../core/schema/task_message.ts";
import type { TaskMetrics } from "../../../core/schema/task_message.ts";

/** What a recorded task did: one entry a sample, with what its counters grew by in place of their values. */
export interface Template {
  readonly name: string;
  readonly steps: readonly Readonly<Partial<Record<keyof TaskMetrics, number | null>>>[];
}

/** What only grows while a run lasts. */
export const COUNTERS: ReadonlySet<string> = new Set(
  METRICS.filter(({ kind }) => kind === "counter").map(({ name }) => name),
);

/**
 * The tasks of a recording: JSON lines as `proctor watch --records FILE` writes them; what is not a message of a task is
 * passed over.
 * @throws Error when it has no task with two samples
 */
export function readTemplates(file: string): Template[] {
  const tasks = new Map<string, { name: string; all: TaskMetrics[] }>();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const { success, data } = taskMessageSchema.safeParse(line === "" ? null : parsed(line));
    if (!success) continue;
    const key = `${data.proplet_id}\n${data.task_id}`;
    let task = tasks.get(key);
    if (!task) tasks.set(key, task = { name: data.process?.target ?? data.task_id, all: [] });
    task.all.push(data.metrics);
  }
  const templates = [...tasks.values()].filter(({ all }) => all.length > 1).map(({ name, all }) => ({
    name,
    steps: all.slice(1).map((metrics, index) => stepOf(all[index], metrics)),
  }));
  if (templates.length > 0) return templates;
  throw new Error(`${file} has no task with two samples; write one by proctor watch --records FILE`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function stepOf(before: TaskMetrics, now: TaskMetrics): Template["steps"][number] {
  const step: Partial<Record<keyof TaskMetrics, number | null>> = {};
  for (const [name, value] of Object.entries(now) as [keyof TaskMetrics, unknown][]) {
    if (name === "uptime_seconds" || (typeof value !== "number" && value !== null)) continue;
    const last = before[name];
    const isGrowth = COUNTERS.has(name) && typeof value === "number";
    // A counter that has gone back has begun anew.
    step[name] = isGrowth && typeof last === "number" && last <= value ? value - last : value;
  }
  return step;
}
