import { ProctorError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";

/** Why a log or a file of our state cannot be written, in words. */
export function whyUnwritten(error: unknown): string {
  return reasonOf(error, {
    EAGAIN: "there is no reader for what is written",
    EIO: "the disk reports an error (EIO)",
    ELOOP: "it has just become a link",
  });
}

/** Whether it is the disk that has failed, so that the same may go well later. */
export function isDiskTrouble({ code }: NodeJS.ErrnoException): boolean {
  return ["EDQUOT", "EIO", "ENOSPC", "EROFS"].includes(code ?? "");
}

/** Whether it is nothing that was asked for, so that the same may go well later: the disk, or want of descriptors. */
export function isPassing(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return isDiskTrouble({ code } as NodeJS.ErrnoException) || code === "EMFILE" || code === "ENFILE";
}

/** The streams of a process cannot be opened. */
export class StreamTrouble extends Error {
  override readonly name = "StreamTrouble";
  /** @param fault what the file system says */
  constructor(readonly fault: NodeJS.ErrnoException) {
    super(`its output cannot be collected: ${whyUnwritten(fault)}`);
  }
}

/** The error of a log that cannot be made; one of our own stays as it is. */
export function troubleWith(what: string, error: unknown): Error {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined) return error as Error;
  const where = path === undefined ? "" : ` "${path}"`;
  const why = whyUnwritten(error);
  return new ProctorError("system", `${what}: log_collection: cannot write${where}: ${why}`, {
    cause: error,
  });
}
