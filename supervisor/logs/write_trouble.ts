import { ProctorError } from "../../core/error.ts";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ENOSPC: "no space left on the device",
  EDQUOT: "the quota is used up",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is no directory",
  EROFS: "the file system is read-only",
  EFBIG: "the file would be too large",
};

/** Why a file cannot be written, in words. */
export function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return REASONS[code ?? ""] ?? message;
}

/** The error of a log that cannot be made; one of our own stays as it is. */
export function troubleWith(what: string, error: unknown): Error {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined) return error as Error;
  return new ProctorError(
    "system",
    `${what}: log_collection: cannot write "${path}": ${reasonOf(error as Error)}`,
  );
}
