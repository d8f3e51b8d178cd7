import { sidAt } from "../processes/account_names.ts";
import type { Sid } from "../processes/account_names.ts";
import { closeHandle, INVALID } from "../sys/close.ts";
import { doorLibrary } from "../sys/door_library.ts";
import { ERROR, errorWords, lastError } from "../sys/last_error.ts";
import { copyOf, scratchMemory } from "../sys/memory.ts";
import { wide } from "../text/wide.ts";

const READ_CONTROL = 0x20000;
const SHARE_ALL = 7;
const OPEN_EXISTING = 3;
/** What a directory is opened by; it means nothing for files. */
const FILE_FLAG_BACKUP_SEMANTICS = 0x02000000;
const OWNER_SECURITY_INFORMATION = 1;
/** SECURITY_DESCRIPTOR_RELATIVE: where the owner stands in it, by an offset that is 0 where there is none. */
const OWNER_OFFSET = 4;

/** LocalSystem, S-1-5-18, and administrators, S-1-5-32-544: they may do all anyway. */
export const MIGHTY: readonly Sid[] = ["010100000000000512000000", "01020000000000052000000020020000"];

const CODES: Readonly<Record<number, string>> = {
  [ERROR.fileNotFound]: "ENOENT",
  [ERROR.pathNotFound]: "ENOENT",
  [ERROR.accessDenied]: "EACCES",
  [ERROR.pipeBusy]: "EBUSY",
};

/**
 * Whose a file, a directory or a pipe is; null where that is not told. Nothing is read or written there.
 * @param flags of CreateFileW
 * @throws an error with the `code` of the failed open: ENOENT where nothing is, EBUSY where nobody can connect now
 */
export function ownerAt(path: string, flags = FILE_FLAG_BACKUP_SEMANTICS): Sid | null {
  const name = copyOf(wide(path));
  const handle = doorLibrary().CreateFileW(name.address, READ_CONTROL, SHARE_ALL, 0, OPEN_EXISTING, flags, 0);
  const error = handle === INVALID ? lastError() : 0;
  name.free();
  if (error !== 0) throw Object.assign(new Error(errorWords(error)), { code: CODES[error] ?? "EIO" });
  const owner = ownerOf(handle);
  closeHandle(handle);
  return owner;
}

function ownerOf(handle: number): Sid | null {
  const { address, view, bytes, size } = scratchMemory();
  // The last word of the memory takes how much would be needed.
  const room = size - 8;
  const { GetKernelObjectSecurity: read } = doorLibrary();
  if (read(handle, OWNER_SECURITY_INFORMATION, address, room, address + room) === 0) return null;
  const offset = view.getUint32(OWNER_OFFSET, true);
  return offset === 0 ? null : sidAt(bytes, offset);
}
