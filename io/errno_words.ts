import { nodeOs } from "./builtins.ts";

/** By the name of an error number (errno(3)): words that fit wherever a file or an address is used. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "another process listens there",
  EADDRNOTAVAIL: "this machine has no such address",
  EBADF: "it is not open for writing",
  EDQUOT: "no space left in the quota",
  EFBIG: "the file would become larger than allowed",
  EIO: "input/output error: the terminal or device is gone",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link, or leads through too many",
  EMFILE: "too many open files (raise the limit: ulimit -n)",
  ENAMETOOLONG: "its name is too long",
  ENFILE: "too many open files on this machine",
  ENOENT: "no such file or directory",
  ENOMEM: "not enough memory",
  ENOSPC: "no space left on the device",
  ENOTDIR: "a part of the path is not a directory",
  ENXIO: "it has no reader",
  EPERM: "operation not permitted",
  EPIPE: "the reader has closed the pipe",
  EROFS: "the file system is read-only",
};

/** As Node writes the errors of the system: `EXDEV: cross-device link not permitted, rename 'a' -> 'b'`. */
const SYSTEM_MESSAGE = /^E[A-Z0-9]+: ([^,]+), /;

/**
 * The reason of an error of the system in words; of any other error, its message.
 * @param special words that fit better at this place, by code
 */
export function reasonOf(error: unknown, special: Readonly<Record<string, string>> = {}): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  const words = special[code] ?? WORDS[code] ?? SYSTEM_MESSAGE.exec(message)?.[1];
  return words ?? (code in nodeOs().constants.errno ? code : message);
}

/** Why a file cannot be written, in words. */
export function cannotWrite(output: string, error: NodeJS.ErrnoException): string {
  return `cannot write ${output}: ${reasonOf(error, { ENOENT: "no such directory" })}`;
}
