import { z } from "zod";
import { processRecordSchema } from "./record.ts";

/** A process of a task that has ended: the record of a run's, and which task it was of. */
export const taskProcessRecordSchema = processRecordSchema.extend({
  elapsed_seconds: processRecordSchema.shape.elapsed_seconds.describe("since the task began"),
  task_id: z.string(),
  proplet_id: z.string(),
});

/** A process of a task that has ended. */
export type TaskProcessRecord = z.infer<typeof taskProcessRecordSchema>;

/** The format as JSON Schema (draft 2020-12). */
export function taskProcessJsonSchema(): Record<string, unknown> {
  return { title: "proctor process of a task", ...z.toJSONSchema(taskProcessRecordSchema) };
}
