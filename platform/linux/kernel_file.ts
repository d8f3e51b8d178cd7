import { libc } from "./libc.ts";
import { ForeignMemory } from "./memory.ts";

const O_RDONLY_CLOEXEC = 0o2000000;
const PATH_SIZE = 4096;
const INITIAL_SIZE = 16_384;

const path = new ForeignMemory(PATH_SIZE);
let content = new ForeignMemory(INITIAL_SIZE);
const encoder = new TextEncoder();

/**
 * The text of the file read last: `bytes[0, length)`. One buffer for all, valid until the next read, so that
 * a tick over a thousand processes allocates nothing.
 */
export const text = { bytes: content.bytes, length: 0 };

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

/** Open a file for reading; the descriptor, or -1. */
export function openFile(name: string): number {
  return libc.open(pathAddress(name), O_RDONLY_CLOEXEC, 0);
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
  let length = libc.pread(descriptor, content.address, content.size, 0);
  while (length === content.size) {
    grow();
    length = libc.pread(descriptor, content.address, content.size, 0);
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
    const length = libc.pread(descriptor, content.address + total, content.size - total, total);
    if (length < 0) return false;
    if (length === 0) break;
    total += length;
  }
  text.length = total;
  return true;
}

/** Open, read and close a file that the kernel hands out in one piece, at half the price; false when any of it fails. */
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
