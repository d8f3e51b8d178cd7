import { z } from "zod";
import { processRecordSchema } from "./record.ts";
export type { TaskProcessRecord } from "./types/tasks.ts";

/** A process of a task that has ended: the record of a run's, and which task it was of. */
export const taskProcessRecordSchema = processRecordSchema.extend({
  elapsed_seconds: processRecordSchema.shape.elapsed_seconds.describe("since the task began"),
  task_id: z.string(),
  proplet_id: z.string(),
});

/** The format as JSON Schema (draft 2020-12). */
export function taskProcessJsonSchema(): Record<string, unknown> {
  return { title: "proctor process of a task", ...z.toJSONSchema(taskProcessRecordSchema) };
}
