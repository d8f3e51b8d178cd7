import { systemCall } from "../sys/machine_code.ts";
import { AT_FDCWD } from "../sys/at_fdcwd.ts";
import { EBADF, EMFILE, ENFILE, ENOENT, ESRCH } from "../sys/errno.ts";
import { libc } from "../sys/libc.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { openFlags } from "../sys/open_flags.ts";

const READING = openFlags("O_RDONLY", "O_CLOEXEC");
const PATH_SIZE = 4096;
const INITIAL_SIZE = 16_384;

const path = new ForeignMemory(PATH_SIZE);
let content = new ForeignMemory(INITIAL_SIZE);
const encoder = new TextEncoder();

/**
 * The text of the file read last: `bytes[0, length)`. One buffer for all, valid until the next read, so that
 * a tick over a thousand processes allocates nothing.
 */
export const text = {
  bytes: content.bytes,
  length: 0,
  /** Why the last open or read of all failed, as errno(3) numbers it; says nothing after one that did not. */
  errno: 0,
};

/**
 * Whether what could not be opened or read is not there, rather than out of our reach (no descriptor, no memory, no
 * right).
 */
export function isMissing(): boolean {
  return text.errno === ENOENT || text.errno === ESRCH;
}

/**
 * Put a path into C memory; returns its address, valid until the next call. One that is longer than any path
 * may be (PATH_MAX) becomes the empty path, which no call accepts.
 */
export function pathAddress(name: string | Uint8Array): number {
  if (typeof name !== "string") return bytesAddress(name);
  const { read, written } = encoder.encodeInto(name, path.bytes.subarray(0, PATH_SIZE - 1));
  path.bytes[read === name.length ? written : 0] = 0;
  return path.address;
}

function bytesAddress(name: Uint8Array): number {
  const fits = name.length < PATH_SIZE;
  if (fits) path.bytes.set(name);
  path.bytes[fits ? name.length : 0] = 0;
  return path.address;
}

/** Open a file for reading; the descriptor, or a negative number, the reason in {@link text}. */
export function openFile(name: string): number {
  const descriptor = libc.open(pathAddress(name), READING, 0);
  // The runtime may have changed errno by now; the bare call, at a price, gives the reason with the result.
  return descriptor >= 0 ? descriptor : noted(openAnew(name));
}

function openAnew(name: string): number {
  const result = systemCall("openat", AT_FDCWD, pathAddress(name), READING, 0);
  const isExhausted = result === -EMFILE || result === -ENFILE;
  return isExhausted && makeRoom() ? openAnew(name) : result;
}

let makeRoom = () => false;

/**
 * Name a function that closes what is open for convenience only, for when no descriptor is to be had; false: nothing
 * was.
 */
export function whenExhausted(closeSome: () => boolean): void {
  makeRoom = closeSome;
}

function noted(result: number): number {
  if (result < 0) text.errno = -result;
  return result;
}

/** Close a descriptor opened here. */
export function closeFile(descriptor: number): void {
  libc.close(descriptor);
}

/**
 * Read an open kernel file from its beginning into {@link text}; false when it cannot be read (any more).
 *
 * The kernel makes the text anew for each read at offset 0, so the descriptor of `/proc/PID/stat` stays good
 * for the life of that process, and gives an error, not a stranger's numbers, when the PID is used again.
 */
export function readOpen(descriptor: number): boolean {
  let length = readAt(descriptor, 0);
  while (length === content.size) {
    grow();
    length = readAt(descriptor, 0);
  }
  text.length = Math.max(0, length);
  return length >= 0;
}

/**
 * As {@link readOpen}, for files the kernel hands out piecewise (`cgroup.procs`: one page of PIDs a call).
 */
export function readOpenWhole(descriptor: number): boolean {
  let total = 0;
  for (;;) {
    if (total === content.size) grow();
    const length = readAt(descriptor, total);
    if (length < 0) return false;
    if (length === 0) break;
    total += length;
  }
  text.length = total;
  return true;
}

function readAt(descriptor: number, offset: number): number {
  if (descriptor < 0) return noted(-EBADF);
  const length = libc.pread(descriptor, content.address + offset, content.size - offset, offset);
  if (length >= 0) return length;
  return noted(systemCall("pread64", descriptor, content.address + offset, content.size - offset, offset));
}

/**
 * Open, read and close a file that the kernel hands out in one piece, at half the price; false when any of it fails.
 */
export function readPiece(name: string): boolean {
  const descriptor = openFile(name);
  if (descriptor < 0) return false;
  const done = readOpen(descriptor);
  closeFile(descriptor);
  return done;
}

/** Open, read and close a file; false when any of it fails. */
export function readFile(name: string): boolean {
  const descriptor = openFile(name);
  if (descriptor < 0) return false;
  const done = readOpenWhole(descriptor);
  closeFile(descriptor);
  return done;
}

/** The text read last, as a string (kernel files may hold any byte: invalid UTF-8 is replaced). */
export function textAsString(): string {
  // A copy: Deno's decoder refuses memory that is not its own.
  return new TextDecoder().decode(text.bytes.slice(0, text.length));
}

function grow(): void {
  const larger = new ForeignMemory(content.size * 2);
  larger.bytes.set(content.bytes);
  content.free();
  content = larger;
  text.bytes = larger.bytes;
}

/** A whole file as a string; undefined when it cannot be read. */
export function readText(name: string): string | undefined {
  return readFile(name) ? textAsString() : undefined;
}
