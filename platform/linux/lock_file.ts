import type { FileLock } from "../types.ts";
import { errnoName } from "./errno.ts";
import { closeFile, pathAddress } from "./kernel_file.ts";
import { systemCall } from "./launch_code.ts";

/** AT_FDCWD as an unsigned word: a relative path is seen from our directory. */
const DIRECTORY_OURS = 0xffff_ff9c;
const CREATE = 0o2000102; // O_RDWR | O_CREAT | O_CLOEXEC
const MODE = 0o600;
const LOCK_EXCLUSIVE_AT_ONCE = 6; // LOCK_EX | LOCK_NB, include/uapi/asm-generic/fcntl.h
const EWOULDBLOCK = 11;

/**
 * Take a flock(2) on a file, made where it is missing; null when another process has it. It is bound to our descriptor,
 * which no child inherits, so that it ends with us.
 * @throws an error with the `code` of the failed open
 */
export function lockFile(path: string): FileLock | null {
  const descriptor = systemCall("openat", DIRECTORY_OURS, pathAddress(path), CREATE, MODE);
  if (descriptor < 0) throw failed(path, -descriptor);
  const refused = systemCall("flock", descriptor, LOCK_EXCLUSIVE_AT_ONCE);
  if (refused === 0) return { release: () => closeFile(descriptor) };
  closeFile(descriptor);
  if (refused === -EWOULDBLOCK) return null;
  throw failed(path, -refused);
}

function failed(path: string, errno: number): Error {
  const code = errnoName(errno);
  return Object.assign(new Error(`cannot lock ${path}: ${code}`), { code });
}
