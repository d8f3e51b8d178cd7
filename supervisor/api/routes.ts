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
import { errorSchema } from "./error_schema.ts";

/**
 * What goes over the wire, by the names it has in the OpenAPI document. Copies: a schema that was made before the
 * library was loaded has no `openapi`.
 */
export const schemas = {
  status: processStatusSchema.clone().openapi("ProcessStatus"),
  description: processDescriptionSchema.clone().openapi("ProcessDescription"),
  event: supervisorEventSchema.clone().openapi("SupervisorEvent"),
  info: supervisorInfoSchema.clone().openapi("SupervisorInfo"),
  reload: reloadReportSchema.clone().openapi("ReloadReport"),
  metrics: taskMessageSchema.clone().openapi("TaskMessage"),
  logLine: logLineSchema.clone().openapi("LogLine"),
};

/** The answer that is wanted. */
export function answer(description: string, schema: z.ZodType, type = "application/json") {
  return { description, content: { [type]: { schema } } };
}

/** Answers that refuse. */
export function refusals<S extends string>(...statuses: readonly S[]) {
  const descriptions: Record<string, string> = {
    400: "what was sent is no JSON",
    404: "there is no process of that id",
    408: "the body did not come",
    409: "it makes no sense now",
    413: "the body is too large",
    415: "the body does not say that it is JSON",
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
