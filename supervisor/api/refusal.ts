import { z } from "@hono/zod-openapi";
import type { RefusalKind } from "../control.ts";

/** Every answer that is no success has this form. */
export const errorSchema = z.object({
  error: z.object({
    code: z.enum([
      "not_found",
      "conflict",
      "invalid",
      "failed",
      "unavailable",
      "unauthorized",
      "forbidden",
      "too_large",
      "internal",
    ]),
    message: z.string().describe("one line: what was wrong, where, and what would be right"),
  }),
}).openapi("Error");

type Code = z.infer<typeof errorSchema>["error"]["code"];

const STATUS = {
  not_found: 404,
  conflict: 409,
  invalid: 422,
  failed: 500,
  unavailable: 503,
  unauthorized: 401,
  forbidden: 403,
  too_large: 413,
  internal: 500,
} as const satisfies Record<Code | RefusalKind, number>;

/** A refusal as a response. */
export function refusal(code: Code, message: string, status: number = STATUS[code]): Response {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (code === "unauthorized") headers["www-authenticate"] = "Bearer";
  return new Response(JSON.stringify({ error: { code, message } }), { status, headers });
}
