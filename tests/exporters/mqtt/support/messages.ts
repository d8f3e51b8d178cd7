/* Messages to export, and what a reader makes of them. */
import assert from "node:assert/strict";
import { taskMessageSchema } from "../../../../core/schema/task_message.ts";
import type { TaskMessage } from "../../../../core/schema/task_message.ts";

/** A message of a task, told apart from its others by `number` (its uptime in seconds, and its time). */
export function message(number: number, task_id = "task"): TaskMessage {
  const timestamp = new Date(1_700_000_000_000 + number).toISOString();
  return {
    task_id,
    proplet_id: "proplet",
    timestamp,
    metrics: {
      cpu_percent: 12.5,
      memory_bytes: 1_000_000 + number,
      timestamp,
      process_count: 1,
      uptime_seconds: number,
    },
    aggregated: { avg_cpu_usage: 12.5, max_cpu_usage: 12.5, sample_count: number },
    state: "running",
  };
}

/** The number of a message. */
export function numberOf(message: TaskMessage): number {
  return message.metrics.uptime_seconds!;
}

/** Read a payload: the schema knows everything in it. */
export function readMessage(payload: Buffer | string): TaskMessage {
  return checked(JSON.parse(payload.toString()));
}

/** Hold a value against the schema. */
export function checked(value: unknown): TaskMessage {
  const { success, data, error } = taskMessageSchema.safeParse(value);
  assert.ok(success, `breaks the schema: ${error}\n${JSON.stringify(value)}`);
  assert.deepEqual(data, value, "has keys that the schema does not know");
  return data!;
}
