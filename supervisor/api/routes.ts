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
import { refusalAnswers } from "../../io/net/api_frame.ts";

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

const REFUSED = {
  400: "what was sent is not JSON",
  404: "there is no process of that id",
  408: "the body did not come",
  409: "it makes no sense now",
  413: "the body is too large",
  415: "the body does not say that it is JSON",
  422: "what was sent is faulty",
  500: "it was tried and went wrong",
  503: "the supervisor is ending",
} as const;

/** Answers that refuse. */
export function refusals<S extends `${keyof typeof REFUSED}`>(...statuses: readonly S[]) {
  return refusalAnswers(REFUSED, statuses);
}

export const idParameter = z.object({
  id: z.string().min(1).openapi({ param: { name: "id", in: "path" }, description: "of the managed process" }),
});
