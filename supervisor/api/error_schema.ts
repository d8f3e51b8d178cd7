import { z } from "@hono/zod-openapi";
import { REFUSALS } from "../../io/net/refusal.ts";
import type { RefusalCode } from "../../io/net/refusal.ts";

/** Every error response has this form. */
export const errorSchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]]),
    message: z.string().describe("one line: what was wrong, where, and what would be right"),
  }),
}).openapi("Error");
