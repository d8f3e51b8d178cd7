import { HostError } from "../host_error.ts";

/** Why a message got an error: the codes of the service's specification, and those it leaves open. */
export type ErrorCode =
  | "ParseError"
  | "InvalidRequest"
  | "MethodNotFound"
  | "InvalidParams"
  | "InternalError"
  | "ServiceUnavailable";

/** The numbers that JSON-RPC 2.0 has for them (section 5.1); the last is one of those it leaves to the server. */
export const JSON_RPC_CODES: Readonly<Record<ErrorCode, number>> = {
  ParseError: -32_700,
  InvalidRequest: -32_600,
  MethodNotFound: -32_601,
  InvalidParams: -32_602,
  InternalError: -32_603,
  ServiceUnavailable: -32_000,
};

/** A message that is not served. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** @param message what was wrong, and what would be right */
  constructor(readonly code: ErrorCode, message: string) {
    super(message);
  }
}

/** Whatever was thrown, as a refusal. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof HostError) return new Refusal(error.code, error.message);
  return new Refusal("InternalError", error instanceof Error ? error.message : String(error));
}
