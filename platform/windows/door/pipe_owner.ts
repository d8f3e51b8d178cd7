import { ownAccount, ownerOfOurs, sidAt } from "../processes/account_names.ts";
import type { Sid } from "../processes/account_names.ts";
import { closeHandle, INVALID } from "../sys/close.ts";
import { doorLibrary } from "../sys/door_library.ts";
import { ERROR, errorWords, lastError } from "../sys/last_error.ts";
import { copyOf, scratchMemory } from "../sys/memory.ts";
import { wide } from "../text/wide.ts";

/*
 * Every account sees what pipes are called. The name of one whose server was killed still stands in its file, and
 * whoever makes a pipe of that name would be asked in its place.
 */

const READ_CONTROL = 0x20000;
const SHARE_ALL = 7;
const OPEN_EXISTING = 3;
/** SECURITY_SQOS_PRESENT and SECURITY_IDENTIFICATION: whose it is may know who we are, and not act as us. */
const NOT_TO_ACT_AS_US = 0x110000;
const OWNER_SECURITY_INFORMATION = 1;
/** SECURITY_DESCRIPTOR_RELATIVE: where the owner stands in it, by an offset that is 0 where there is none. */
const OWNER_OFFSET = 4;
/** LocalSystem, S-1-5-18, and administrators, S-1-5-32-544: they may do all anyway. */
const TRUSTED: readonly Sid[] = ["010100000000000512000000", "01020000000000052000000020020000"];

const CODES: Readonly<Record<number, string>> = {
  [ERROR.fileNotFound]: "ENOENT",
  [ERROR.pathNotFound]: "ENOENT",
  [ERROR.accessDenied]: "EACCES",
  [ERROR.pipeBusy]: "EBUSY",
};

/**
 * Whether a pipe is our own account's, the system's or administrators', and not one that a stranger has made. It is
 * asked at an instance of the pipe, and nothing is written there.
 * @throws an error with the `code` of the failed open: ENOENT where nobody listens, EBUSY where nobody can connect now
 */
export function isOwnPipe(pipe: string): boolean {
  const trusted = [ownAccount(), ownerOfOurs(), ...TRUSTED];
  const name = copyOf(wide(pipe));
  const { CreateFileW: open } = doorLibrary();
  const handle = open(name.address, READ_CONTROL, SHARE_ALL, 0, OPEN_EXISTING, NOT_TO_ACT_AS_US, 0);
  const error = handle === INVALID ? lastError() : 0;
  name.free();
  if (error !== 0) throw Object.assign(new Error(errorWords(error)), { code: CODES[error] ?? "EIO" });
  const owner = ownerOf(handle);
  closeHandle(handle);
  return owner !== null && trusted.includes(owner);
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
