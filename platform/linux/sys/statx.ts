import { systemCall } from "./machine_code.ts";
import { pathAddress } from "../proc/kernel_file.ts";
import { AT_FDCWD } from "./at_fdcwd.ts";
import { ForeignMemory } from "./memory.ts";

/*
 * statx(2) by the system call itself: musl before 1.2.5 has no function of that name, and struct stat differs between
 * the architectures, while struct statx does not.
 */

const AT_EMPTY_PATH = 0x1000;
const STATX_TYPE = 1;
const STATX_NLINK = 4;
const STATX_INO = 0x100;
const STATX_SIZE = 0x200;
/** Offsets in struct statx (include/uapi/linux/stat.h), and what its mode says of the kind. */
const STX_NLINK = 16;
const STX_MODE = 28;
const STX_INO = 32;
const STX_SIZE = 40;
const STX_RDEV_MAJOR = 128;
const STX_RDEV_MINOR = 132;
const S_IFMT = 0o170000;
const S_IFCHR = 0o020000;
/** /dev/null, by its numbers (null(4)). */
const NULL_MAJOR = 1;
const NULL_MINOR = 3;

/** Kinds of files, as the mode has them (inode(7)). */
export const S_IFDIR = 0o040000;
export const S_IFIFO = 0o010000;
export const S_IFREG = 0o100000;
export const S_IFSOCK = 0o140000;

const result = new ForeignMemory(256);

/** The kind of the file at a path, relative to our directory: one of `S_IF…`, or -errno. */
export function fileKind(path: string | Uint8Array): number {
  return kindOf(systemCall("statx", AT_FDCWD, pathAddress(path), 0, STATX_TYPE, result.address));
}

/** The kind of what an open descriptor leads to: one of `S_IF…`, or -errno. */
export function openFileKind(descriptor: number): number {
  return kindOf(systemCall("statx", descriptor, pathAddress(""), AT_EMPTY_PATH, STATX_TYPE, result.address));
}

/** Whether an open descriptor leads to the device that takes everything, and keeps nothing. */
export function isNullDevice(descriptor: number): boolean {
  const { view } = result;
  return openFileKind(descriptor) === S_IFCHR && view.getUint32(STX_RDEV_MAJOR, true) === NULL_MAJOR &&
    view.getUint32(STX_RDEV_MINOR, true) === NULL_MINOR;
}

function kindOf(failed: number): number {
  return failed || result.view.getUint16(STX_MODE, true) & S_IFMT;
}

/** The size of the file at an absolute path in bytes; NaN when it cannot be looked at. */
export function fileSize(path: string): number {
  const failed = systemCall("statx", 0, pathAddress(path), 0, STATX_SIZE, result.address);
  return failed ? NaN : result.getU64(STX_SIZE);
}

/** The inode number of the file at an absolute path; NaN when it cannot be looked at. */
export function fileInode(path: string): number {
  const failed = systemCall("statx", 0, pathAddress(path), 0, STATX_INO, result.address);
  return failed ? NaN : result.getU64(STX_INO);
}

/** How many hard links the file at an absolute path has; NaN when it cannot be looked at. */
export function linkCount(path: string): number {
  const failed = systemCall("statx", 0, pathAddress(path), 0, STATX_NLINK, result.address);
  return failed ? NaN : result.view.getUint32(STX_NLINK, true);
}
