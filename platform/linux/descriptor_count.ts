import { listDirectory } from "./directory.ts";
import { pathAddress } from "./kernel_file.ts";
import { libc } from "./libc.ts";
import { ForeignMemory } from "./memory.ts";

const AT_FDCWD = -100;
const STATX_SIZE = 0x200;
/** Offset of stx_size in struct statx (include/uapi/linux/stat.h). */
const STX_SIZE = 40;
const statx = new ForeignMemory(256);

function sizeOf(path: string): number {
  return libc.statx(AT_FDCWD, pathAddress(path), 0, STATX_SIZE, statx.address) === 0
    ? statx.getU64(STX_SIZE)
    : NaN;
}

let sizeIsCount: boolean | undefined;

/**
 * Open descriptors of a process; NaN when it is gone or may not be looked at. Since Linux 6.2 the size of
 * `/proc/PID/fd` is their number; before that the directory is listed.
 */
export function descriptorCount(pid: number): number {
  sizeIsCount ??= sizeOf("/proc/self/fd") > 0;
  const directory = `/proc/${pid}/fd`;
  if (sizeIsCount) return sizeOf(directory);
  // A process has none at all only while it ends; a directory that may not be read looks the same.
  return listDirectory(directory).length || NaN;
}
