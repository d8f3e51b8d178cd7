import type { Obstacle } from "../types.ts";
import { EACCES } from "./errno.ts";
import { pathAddress } from "./kernel_file.ts";
import { systemCall } from "./launch_code.ts";
import { libc } from "./libc.ts";
import { ForeignMemory } from "./memory.ts";

const AT_FDCWD = -100;
/** The same as an unsigned word, of which the kernel takes the lower half. */
const DIRECTORY_OURS = 0xffff_ff9c;
const STATX_TYPE = 1;
/** Offset of stx_mode in struct statx (include/uapi/linux/stat.h), and what says directory in it. */
const STX_MODE = 28;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const X_OK = 1;

const statx = new ForeignMemory(256);

/** What keeps a file from being executed by us (access(2)), or null; a relative path is seen from our directory. */
export function whyNotExecutable(file: Uint8Array): Obstacle | null {
  if (libc.statx(AT_FDCWD, pathAddress(file), 0, STATX_TYPE, statx.address) !== 0) {
    return systemCall("faccessat", DIRECTORY_OURS, pathAddress(file), 0) === -EACCES
      ? "forbidden"
      : "missing";
  }
  if ((statx.view.getUint16(STX_MODE, true) & S_IFMT) === S_IFDIR) return "directory";
  return systemCall("faccessat", DIRECTORY_OURS, pathAddress(file), X_OK) === 0 ? null : "forbidden";
}
