import { ProctorError } from "../core/error.ts";

/** Why a host method has no answer, as the service's specification names it. */
export type HostErrorCode = "ServiceUnavailable" | "InternalError";

/** A host method that has no answer. */
export class HostError extends ProctorError {
  /** @param message what could not be read */
  constructor(readonly code: HostErrorCode, message: string) {
    super("system", message);
  }
}
