import { constants } from "node:os";

/** The error numbers this code tells apart (errno(3)). */
export const { ENOENT, ESRCH, ENOEXEC, EACCES, EPERM, ENOSYS, EBUSY, ENOTDIR, EINVAL, EAGAIN } =
  constants.errno;

// EWOULDBLOCK and the like are second names of numbers that have one already: the first stays.
const NAMES = new Map(Object.entries(constants.errno).reverse().map(([name, number]) => [number, name]));

const WORDS: Record<string, string> = {
  E2BIG: "the arguments and environment are too long",
  EACCES: "permission denied",
  EAGAIN: "the limit on processes is reached",
  ENOENT: "no such file or directory",
  ENOEXEC: "not an executable format",
  ENOMEM: "not enough memory",
  ENOTDIR: "not a directory",
  EROFS: "the file system is read-only",
  EPERM: "operation not permitted",
};

/** The name of an error number: `EPIPE` for 32. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `error ${errno}`;
}

/** An error number in words: `permission denied`, or its name where there are none. */
export function describeErrno(errno: number): string {
  const name = errnoName(errno);
  return WORDS[name] ?? name;
}
