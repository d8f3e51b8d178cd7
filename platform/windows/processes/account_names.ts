import { closeHandle } from "../sys/close.ts";
import { lookupLibrary } from "../sys/lookup_libraries.ts";
import { copyOf, getI64, getU64, Memory, scratchMemory } from "../sys/memory.ts";
import { fromWide, wide } from "../text/wide.ts";

const TOKEN_QUERY = 8;
/** TOKEN_INFORMATION_CLASS. */
const TOKEN_USER = 1;
const TOKEN_OWNER = 4;
/** A SID: its revision, how many numbers of four bytes follow the first eight. */
const SID_HEAD_BYTES = 8;
const SID_COUNT_OFFSET = 1;
/** SECURITY_MAX_SID_SIZE. */
const MOST_SID_BYTES = 68;
/** A name of an account, or of its domain, in UTF-16. */
const NAME_BYTES = 1_024;
const THIS_PROCESS = -1;

/** A SID in hexadecimal digits: what tells one account from any other. */
export type Sid = string;

/**
 * The account that a process runs as; null where that is not told.
 * @param handle with the right to query it
 */
export function accountOf(handle: number): Sid | null {
  return sidOfToken(handle, TOKEN_USER);
}

/** Our own account. */
export function ownAccount(): Sid | null {
  return accountOf(THIS_PROCESS);
}

/** Whose is what we make: our account's, or of a group that stands for it, as administrators do. */
export function ownerOfOurs(): Sid | null {
  return sidOfToken(THIS_PROCESS, TOKEN_OWNER);
}

function sidOfToken(handle: number, what: number): Sid | null {
  const { address, view, bytes } = scratchMemory();
  if (lookupLibrary().OpenProcessToken(handle, TOKEN_QUERY, address) === 0) return null;
  const token = getI64(view, 0);
  const { size } = scratchMemory();
  const done = lookupLibrary().GetTokenInformation(token, what, address + 8, size - 8, address);
  closeHandle(token);
  if (done === 0) return null;
  // Both structures begin with the address of the SID, which stands in the same memory.
  return sidAt(bytes, getU64(view, 8) - address);
}

/** An account by its name, with its domain or without; null when there is none. It may be asked of another machine. */
export function findAccountNamed(name: string): Sid | null {
  const text = copyOf(wide(name));
  const room = new Memory(SIZES_BYTES + MOST_SID_BYTES + NAME_BYTES);
  const { address, view, bytes } = room;
  view.setUint32(0, MOST_SID_BYTES, true);
  view.setUint32(4, NAME_BYTES / 2, true);
  const [sid, domain] = [address + SIZES_BYTES, address + SIZES_BYTES + MOST_SID_BYTES];
  const { LookupAccountNameW: find } = lookupLibrary();
  const isFound = find(0, text.address, sid, address, domain, address + 4, address + 8) !== 0;
  const found = isFound ? sidAt(bytes, SIZES_BYTES) : null;
  text.free();
  room.free();
  return found;
}

/** What an account is called, without its domain; null for one that has no name any more. */
export function nameOfAccount(sid: Sid): string | null {
  const text = copyOf(Buffer.from(sid, "hex"));
  const room = new Memory(SIZES_BYTES + 2 * NAME_BYTES);
  const { address, view, bytes } = room;
  view.setUint32(0, NAME_BYTES / 2, true);
  view.setUint32(4, NAME_BYTES / 2, true);
  const name = address + SIZES_BYTES;
  const { LookupAccountSidW: find } = lookupLibrary();
  const isFound = find(0, text.address, name, address, name + NAME_BYTES, address + 4, address + 8) !== 0;
  const found = isFound ? fromWide(bytes.subarray(SIZES_BYTES, SIZES_BYTES + NAME_BYTES)) : null;
  text.free();
  room.free();
  return found;
}

/** Two lengths that the functions read and write, and a kind. */
const SIZES_BYTES = 16;

/** The SID that stands at an offset. */
export function sidAt(bytes: Uint8Array, at: number): Sid {
  const length = SID_HEAD_BYTES + 4 * bytes[at + SID_COUNT_OFFSET];
  return Buffer.from(bytes.subarray(at, at + length)).toString("hex");
}
