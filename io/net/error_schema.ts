import { z } from "@hono/zod-openapi";
import { REFUSALS } from "./refusal.ts";
import type { RefusalCode } from "./refusal.ts";

/** Every error response has this form. */
export const errorSchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]]),
    message: z.string().describe("one line: what was wrong, where, and what would be right"),
  }),
}).openapi("Error");
