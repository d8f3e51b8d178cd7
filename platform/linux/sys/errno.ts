import { nodeOs } from "../../../io/builtins.ts";
import { reasonOf } from "../../../io/errno_words.ts";

// The error numbers this code tells apart (errno(3); include/uapi/asm-generic/errno.h), without a table to load.
export const EACCES = 13;
export const EAGAIN = 11;
export const EBADF = 9;
export const EBUSY = 16;
export const ECANCELED = 125;
export const EEXIST = 17;
export const EINTR = 4;
export const EINVAL = 22;
export const EMFILE = 24;
export const EMSGSIZE = 90;
export const ENAMETOOLONG = 36;
export const ENFILE = 23;
export const ENODEV = 19;
export const ENOENT = 2;
export const ENOEXEC = 8;
export const ENOMEM = 12;
export const ENOSYS = 38;
export const ENOTDIR = 20;
export const EOPNOTSUPP = 95;
export const EPERM = 1;
export const ERANGE = 34;
export const ESRCH = 3;
export const ETIMEDOUT = 110;

let names: ReadonlyMap<number, string> | undefined;

/** EWOULDBLOCK and the like are second names of numbers that have one already: the first stays. */
function namesByNumber(): ReadonlyMap<number, string> {
  return new Map(Object.entries(nodeOs().constants.errno).reverse().map(([name, number]) => [number, name]));
}

/** What these mean where programs are started and the kernel's files are written. */
const WORDS: Record<string, string> = {
  E2BIG: "the arguments and environment are too long",
  EAGAIN: "the limit on processes is reached",
  EBADF: "bad file descriptor",
  EIO: "input/output error",
  ENOEXEC: "not an executable format",
  ENOTDIR: "not a directory",
};

/** The name of an error number: `EPIPE` for 32. */
export function errnoName(errno: number): string {
  names ??= namesByNumber();
  return names.get(errno) ?? `error ${errno}`;
}

/** An error number in words: `permission denied`, or its name where there are none. */
export function describeErrno(errno: number): string {
  const name = errnoName(errno);
  return reasonOf({ code: name, message: name }, WORDS);
}
