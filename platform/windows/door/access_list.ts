import { ProctorError } from "../../../core/error.ts";
import { ownAccount } from "../processes/account_names.ts";
import type { Sid } from "../processes/account_names.ts";
import { closeHandle, INVALID } from "../sys/close.ts";
import { doorLibrary } from "../sys/door_library.ts";
import { errorWords, lastError } from "../sys/last_error.ts";
import { copyOf, getU64, scratchMemory } from "../sys/memory.ts";
import { wide } from "../text/wide.ts";

const READ_CONTROL_AND_WRITE_DAC = 0x60000;
const SHARE_ALL = 7;
const OPEN_EXISTING = 3;
/** What a directory is opened by. */
const FILE_FLAG_BACKUP_SEMANTICS = 0x02000000;
const SDDL_REVISION = 1;
/** DACL_SECURITY_INFORMATION and PROTECTED_DACL_SECURITY_INFORMATION. */
const PROTECTED_DACL = 0x80000004;

/**
 * Close a pipe to all but our own account, the system and administrators. One that is made without a list can be read
 * by everybody: nobody could ask anything there, but hold connections. The list is that of all instances of the pipe,
 * and of those that are made later.
 * @param pipe `\\.\pipe\NAME`, at which a server listens
 * @throws ProctorError of kind `system` when it cannot be closed
 */
export function closePipe(pipe: string): void {
  closeAt(pipe, 0, "");
}

/**
 * The same of a directory, and of all that is made in it.
 * @throws ProctorError of kind `system` when it cannot be closed
 */
export function closeDirectory(path: string): void {
  closeAt(path, FILE_FLAG_BACKUP_SEMANTICS, "OICI");
}

/**
 * The same of a directory that is to be another account's.
 * @throws ProctorError of kind `system` when it cannot be closed
 */
export function closeDirectoryFor(account: Sid, path: string): void {
  closeAt(path, FILE_FLAG_BACKUP_SEMANTICS, "OICI", account);
}

function closeAt(path: string, flags: number, inheritance: string, own = ownAccount()): void {
  if (own === null) throw unclosed("Windows does not say who runs proctor");
  const name = copyOf(wide(path));
  const handle = doorLibrary().CreateFileW(
    name.address,
    READ_CONTROL_AND_WRITE_DAC,
    SHARE_ALL,
    0,
    OPEN_EXISTING,
    flags,
    0,
  );
  const error = handle === INVALID ? lastError() : 0;
  name.free();
  if (error !== 0) throw unclosed(errorWords(error));
  try {
    setList(handle, accessList(own, inheritance));
  } finally {
    closeHandle(handle);
  }
}

/**
 * All rights for an account, LocalSystem and administrators, and none for anybody else, in the words of SDDL.
 * @param inheritance who has it beside what it is of: `OICI` is all that is in a directory
 */
export function accessList(own: Sid, inheritance: string): string {
  return `D:P${[sidWords(own), "SY", "BA"].map((who) => `(A;${inheritance};GA;;;${who})`).join("")}`;
}

/** A SID as it is written: `S-1-5-21-…`. */
function sidWords(sid: Sid): string {
  const bytes = Buffer.from(sid, "hex");
  const authority = bytes.readUIntBE(2, 6);
  const parts = Array.from({ length: bytes[1] }, (_, index) => bytes.readUInt32LE(8 + 4 * index));
  return ["S", bytes[0], authority, ...parts].join("-");
}

function setList(handle: number, words: string): void {
  const library = doorLibrary();
  const text = copyOf(wide(words));
  const { address, view } = scratchMemory();
  const made = library.ConvertStringSecurityDescriptorToSecurityDescriptorW(
    text.address,
    SDDL_REVISION,
    address,
    0,
  );
  text.free();
  if (made === 0) throw unclosed(errorWords(lastError()));
  const descriptor = getU64(view, 0);
  const error = library.SetKernelObjectSecurity(handle, PROTECTED_DACL, descriptor) === 0 ? lastError() : 0;
  library.LocalFree(descriptor);
  if (error !== 0) throw unclosed(errorWords(error));
}

function unclosed(why: string): ProctorError {
  return new ProctorError("system", `it cannot be closed to other users: ${why}`);
}
