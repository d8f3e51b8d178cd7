import { hideSecrets } from "../../core/hide_secrets.ts";

/** Why a request is refused, each with its status of HTTP (RFC 9110, 15). */
export const REFUSALS = {
  not_found: 404,
  conflict: 409,
  invalid: 422,
  failed: 500,
  unavailable: 503,
  unauthorized: 401,
  forbidden: 403,
  too_large: 413,
  malformed: 400,
  unsupported_media_type: 415,
  method_not_allowed: 405,
  timeout: 408,
  too_many: 429,
  internal: 500,
} as const;

/** Why a request is refused. */
export type RefusalCode = keyof typeof REFUSALS;

/** A refusal as a response. */
export function refusal(code: RefusalCode, message: string, status: number = REFUSALS[code]): Response {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (code === "unauthorized") headers["www-authenticate"] = "Bearer";
  return new Response(JSON.stringify({ error: { code, message: hideSecrets(message) } }), {
    status,
    headers,
  });
}
