import { pathAddress } from "./kernel_file.ts";
import { libc } from "./libc.ts";
import { ForeignMemory } from "./memory.ts";

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const STATX_TYPE = 1;
/** Offset of stx_mode in struct statx (include/uapi/linux/stat.h). */
const STX_MODE = 28;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFIFO = 0o010000;
const S_IFSOCK = 0o140000;

const statx = new ForeignMemory(256);

function modeOf(directory: number, path: string, flags: number): number {
  const failed = libc.statx(directory, pathAddress(path), flags, STATX_TYPE, statx.address);
  return failed === 0 ? statx.view.getUint16(STX_MODE, true) & S_IFMT : 0;
}

/** Whether a path leads to a directory. */
export function isDirectory(path: string): boolean {
  return modeOf(AT_FDCWD, path, 0) === S_IFDIR;
}

/** What an open descriptor leads to, as far as it matters for writing. */
export function descriptorKind(descriptor: number): "pipe" | "socket" | "other" {
  const mode = modeOf(descriptor, "", AT_EMPTY_PATH);
  return mode === S_IFIFO ? "pipe" : mode === S_IFSOCK ? "socket" : "other";
}
