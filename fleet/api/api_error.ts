import type { RefusalCode } from "../../io/net/refusal.ts";

/** A request that is refused by a route, and why, in one line. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}
