import { reasonOf } from "../../../io/errno_words.ts";

/* Error numbers of Darwin (bsd/sys/errno.h of XNU) that code here tells apart, or tells people. */

const NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  3: "ESRCH",
  4: "EINTR",
  5: "EIO",
  7: "E2BIG",
  8: "ENOEXEC",
  9: "EBADF",
  10: "ECHILD",
  12: "ENOMEM",
  13: "EACCES",
  16: "EBUSY",
  17: "EEXIST",
  20: "ENOTDIR",
  21: "EISDIR",
  22: "EINVAL",
  23: "ENFILE",
  24: "EMFILE",
  27: "EFBIG",
  28: "ENOSPC",
  30: "EROFS",
  32: "EPIPE",
  35: "EAGAIN",
  45: "ENOTSUP",
  62: "ELOOP",
  63: "ENAMETOOLONG",
  69: "EDQUOT",
  78: "ENOSYS",
  85: "EBADEXEC",
  86: "EBADARCH",
};

export const EPERM = 1;
export const ESRCH = 3;
export const EINTR = 4;
export const ENOEXEC = 8;
export const EINVAL = 22;
export const EAGAIN = 35;
export const ENOTSUP = 45;

/** What these mean where programs are started. */
const WORDS: Record<string, string> = {
  E2BIG: "the arguments and environment are too long",
  EAGAIN: "the limit on processes is reached",
  EBADARCH: "it is a program for another processor",
  EBADEXEC: "it is damaged, or not signed as the system demands",
  EBADF: "bad file descriptor",
  ENOEXEC: "not an executable format",
  ENOTSUP: "this system does not do that",
};

/** The name of an error number: `EPIPE` for 32. */
export function errnoName(errno: number): string {
  return NAMES[errno] ?? `error ${errno}`;
}

/** An error number in words: `permission denied`, or its name where there are none. */
export function describeErrno(errno: number): string {
  const name = errnoName(errno);
  return reasonOf({ code: name, message: name }, WORDS);
}

/** An error as callers of node:fs expect it. */
export function systemError(call: string, errno: number): Error {
  return Object.assign(new Error(`${call}: ${describeErrno(errno)}`), { code: errnoName(errno) });
}
