import type { Lock } from "../../contract/users.ts";
import { closeHandle, INVALID } from "../sys/close.ts";
import { doorLibrary } from "../sys/door_library.ts";
import { ERROR, errorWords, lastError } from "../sys/last_error.ts";
import { copyOf, Memory } from "../sys/memory.ts";
import { wide } from "../text/wide.ts";

const GENERIC_READ_WRITE = 0xc0000000;
const SHARE_READ_WRITE = 3;
const OPEN_ALWAYS = 4;
const FILE_ATTRIBUTE_NORMAL = 0x80;
/** LOCKFILE_EXCLUSIVE_LOCK and LOCKFILE_FAIL_IMMEDIATELY. */
const EXCLUSIVE_AT_ONCE = 3;
/** OVERLAPPED: its size, and the upper half of an offset. */
const OVERLAPPED = { size: 32, offsetHigh: 12 } as const;

/** By the errors of CreateFileW that somebody can do something about. */
const CODES: Readonly<Record<number, string>> = {
  [ERROR.fileNotFound]: "ENOENT",
  [ERROR.pathNotFound]: "ENOENT",
  [ERROR.accessDenied]: "EACCES",
};

/**
 * Take a lock that the system gives back when we end, whatever way; the file is made. It lies on one byte far behind
 * the text, which others can read meanwhile. null when another process has it.
 * @throws an error with the `code` of the failed open
 */
export function lockFile(path: string): Lock | null {
  const name = copyOf(wide(path));
  const { CreateFileW: open, LockFileEx: lock } = doorLibrary();
  const rights = [GENERIC_READ_WRITE, SHARE_READ_WRITE, 0, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, 0] as const;
  const handle = open(name.address, ...rights);
  const error = handle === INVALID ? lastError() : 0;
  name.free();
  if (error !== 0) {
    throw Object.assign(new Error(errorWords(error)), { code: CODES[error] ?? "EIO", path });
  }
  const where = new Memory(OVERLAPPED.size);
  where.view.setUint32(OVERLAPPED.offsetHigh, 1, true);
  const isLocked = lock(handle, EXCLUSIVE_AT_ONCE, 0, 1, 0, where.address) !== 0;
  where.free();
  if (isLocked) return { file: path, release: () => closeHandle(handle) };
  closeHandle(handle);
  return null;
}
