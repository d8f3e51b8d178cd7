import { systemCall } from "./machine_code.ts";
import { closeFile, openFile, pathAddress } from "../proc/kernel_file.ts";
import { ForeignMemory } from "./memory.ts";

/*
 * Directories of /proc and cgroupfs, by system calls of our own: Deno lets node:fs into neither without all
 * permissions, and the error numbers are wanted anyway. Paths are absolute.
 */

const AT_REMOVEDIR = 0x200;
const DT_DIR = 4;
const SEEK_SET = 0;
/** struct linux_dirent64 (getdents64(2)): d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name. */
const D_RECLEN = 16;
const D_TYPE = 18;
const D_NAME = 19;
const DIGIT_0 = 48;

const buffer = new ForeignMemory(65_536);

/** One entry of a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** The entries of a directory, `.` and `..` left out; empty when it cannot be read. */
export function listDirectory(path: string): DirectoryEntry[] {
  const descriptor = openFile(path);
  if (descriptor < 0) return [];
  const entries: DirectoryEntry[] = [];
  for (;;) {
    const length = systemCall("getdents64", descriptor, buffer.address, buffer.size);
    if (length <= 0) break;
    parseEntries(length, entries);
  }
  closeFile(descriptor);
  return entries;
}

function parseEntries(length: number, into: DirectoryEntry[]): void {
  for (let at = 0; at < length; at += buffer.view.getUint16(at + D_RECLEN, true)) {
    let name = "";
    for (let byte = at + D_NAME; buffer.bytes[byte] !== 0; byte++) {
      name += String.fromCharCode(buffer.bytes[byte]);
    }
    if (name !== "." && name !== "..") into.push({ name, isDirectory: buffer.bytes[at + D_TYPE] === DT_DIR });
  }
}

/**
 * Add the entries of a directory whose names are whole numbers, such as the processes of /proc.
 * @param offset where to begin, as lseek(2) has it for directories: each kind of file system counts in its own way
 */
export function listNumbers(path: string, into: number[], offset = 0): void {
  const descriptor = openFile(path);
  if (descriptor < 0) return;
  if (offset > 0) systemCall("lseek", descriptor, offset, SEEK_SET);
  const { bytes, view } = buffer;
  for (;;) {
    const length = systemCall("getdents64", descriptor, buffer.address, buffer.size);
    if (length <= 0) break;
    for (let at = 0; at < length; at += view.getUint16(at + D_RECLEN, true)) {
      const number = wholeNumber(bytes, at + D_NAME);
      if (number >= 0) into.push(number);
    }
  }
  closeFile(descriptor);
}

/** The number that a name consists of; -1 when there is anything else in it. */
function wholeNumber(bytes: Uint8Array, from: number): number {
  let number = 0;
  let at = from;
  for (; bytes[at] !== 0; at++) {
    const digit = bytes[at] - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return at > from ? number : -1;
}

/** Make a directory; 0, or -errno. */
export function makeDirectory(path: string): number {
  return systemCall("mkdirat", 0, pathAddress(path), 0o755);
}

/** Remove an empty directory; 0, or -errno. */
export function removeDirectory(path: string): number {
  return systemCall("unlinkat", 0, pathAddress(path), AT_REMOVEDIR);
}
