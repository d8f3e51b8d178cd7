import { z } from "zod";
import { duration, durationOrZero } from "../../config/values.ts";
import { noticeTargetShape, targetFaults } from "../../exporters/notices/target.ts";
import { PROCESS_STATES } from "../control.ts";
import { EVENT_KINDS } from "../events/event_kinds.ts";

/** One destination of notifications. */
export const notifySchema = z.strictObject({
  ...noticeTargetShape("events"),
  kinds: z.array(z.enum(EVENT_KINDS)).min(1).default([
    "transition",
    "limit",
    "breaker",
    "health",
    "degraded",
  ]),
  states: z.array(z.enum(PROCESS_STATES)).min(1).default(["failed", "backoff"]).describe(
    "of transitions, those to one of these states; after it, that the process has run for 10 s again",
  ),
  processes: z.array(z.string().min(1)).min(1).optional().describe(
    "ids (web: all its instances), with * for any characters, ? for one; default: all, and what concerns the " +
      "supervisor",
  ),
  digest: durationOrZero("after a message, what happens within so long stands together in the next").default(
    "30s",
  ),
  timeout: duration("of one attempt").default("10s"),
}).superRefine((rule, context) => {
  for (const { key, message } of targetFaults(rule)) {
    context.addIssue({ code: "custom", message, path: key === "" ? [] : [key] });
  }
});

/** A destination as it is checked. */
export type NotifyRule = z.infer<typeof notifySchema>;
