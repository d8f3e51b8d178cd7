import { usageError } from "../../core/error.ts";

/** @throws ProctorError: whoever starts a program here hands streams over by their descriptors */
export function openHandle(handle: number): never {
  throw usageError(
    `handle:${handle}: there are handles on Windows only; write fd:N, with the number of a descriptor`,
  );
}
