import { z } from "@hono/zod-openapi";
import {
  processDescriptionSchema,
  processStatusSchema,
  reloadReportSchema,
  supervisorEventSchema,
  supervisorInfoSchema,
  taskMessageSchema,
} from "../control.ts";
import { logLineSchema } from "../logs/log_line.ts";
import { errorSchema } from "./refusal.ts";

/** What goes over the wire, by the names it has in the OpenAPI document. */
export const schemas = {
  status: processStatusSchema.openapi("ProcessStatus"),
  description: processDescriptionSchema.openapi("ProcessDescription"),
  event: supervisorEventSchema.openapi("SupervisorEvent"),
  info: supervisorInfoSchema.openapi("SupervisorInfo"),
  reload: reloadReportSchema.openapi("ReloadReport"),
  metrics: taskMessageSchema.openapi("TaskMessage"),
  logLine: logLineSchema.openapi("LogLine"),
};

/** The answer that is wanted. */
export function answer(description: string, schema: z.ZodType, type = "application/json") {
  return { description, content: { [type]: { schema } } };
}

/** Answers that refuse. */
export function refusals<S extends string>(...statuses: readonly S[]) {
  const descriptions: Record<string, string> = {
    404: "there is no process of that id",
    409: "it makes no sense now",
    413: "the body is too large",
    422: "what was sent is faulty",
    500: "it was tried and went wrong",
    503: "the supervisor is ending",
  };
  const entry = (status: S) => [status, answer(descriptions[status], errorSchema)] as const;
  return Object.fromEntries(statuses.map(entry)) as Record<S, ReturnType<typeof answer>>;
}

export const idParameter = z.object({
  id: z.string().min(1).openapi({ param: { name: "id", in: "path" }, description: "of the managed process" }),
});

/** `true` and `false`, as words in an address. */
export const flag = z.enum(["true", "false"]).transform((word) => word === "true");
