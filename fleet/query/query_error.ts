import type { RefusalCode } from "../../io/net/refusal.ts";

/** A question that is not answered, and why, in one line. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  constructor(readonly kind: Extract<RefusalCode, "invalid" | "not_found">, message: string) {
    super(message);
  }
}
