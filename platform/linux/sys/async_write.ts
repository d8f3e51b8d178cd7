import { nodeFs } from "../../../io/builtins.ts";
import type { AsyncForeignFunction } from "../../../ffi/mod.ts";
import { AT_FDCWD } from "./at_fdcwd.ts";
import { errnoName } from "./errno.ts";
import { ForeignMemory, MemoryWriter } from "./memory.ts";
import { openFlags } from "./open_flags.ts";
import { systemCallNumber } from "./syscall_numbers.ts";
import type { SystemCallName } from "./syscall_numbers.ts";
import { threadedCall } from "./threaded_call.ts";

/*
 * Files that may keep us waiting: pipes, and disks in trouble. Bun's node:fs does that on threads of its own;
 * Deno's blocks the program on pipes and knows no foreign descriptors, so there the system calls run on threads.
 */

const LARGEST_PIECE = 65_536;
const CREATE_FOR_WRITING = openFlags("O_WRONLY", "O_CREAT", "O_TRUNC", "O_CLOEXEC");
const CREATE_TO_APPEND = openFlags("O_WRONLY", "O_CREAT", "O_APPEND", "O_CLOEXEC");
const MODE = 0o644;

/**
 * Open a file for writing, made anew or to be added to; its descriptor.
 * @throws an error with the `code` of the failed open(2)
 */
export function openForWriting(path: string, append = false): Promise<number> {
  const onThread = threadedCall();
  if (!onThread) {
    return new Promise((resolve, reject) => {
      nodeFs().open(
        path,
        append ? "a" : "w",
        MODE,
        (error, descriptor) => error ? reject(error) : resolve(descriptor),
      );
    });
  }
  const name = new TextEncoder().encode(path);
  return withMemory(name.length + 8, (memory) => {
    const address = new MemoryWriter(memory).string(name);
    return checked(
      onThread,
      "openat",
      AT_FDCWD,
      address,
      append ? CREATE_TO_APPEND : CREATE_FOR_WRITING,
      MODE,
    );
  });
}

/**
 * Write some bytes to a descriptor; how many.
 * @throws an error with the `code` of the failed write(2)
 */
export function writeDescriptor(descriptor: number, bytes: Uint8Array): Promise<number> {
  const onThread = threadedCall();
  if (!onThread) {
    return new Promise((resolve, reject) => {
      nodeFs().write(
        descriptor,
        bytes,
        0,
        bytes.length,
        null,
        (error, written) => error ? reject(error) : resolve(written),
      );
    });
  }
  const piece = bytes.subarray(0, LARGEST_PIECE);
  return withMemory(piece.length, (memory) => {
    memory.bytes.set(piece);
    return checked(onThread, "write", descriptor, memory.address, piece.length);
  });
}

async function checked(
  onThread: AsyncForeignFunction,
  name: SystemCallName,
  a: number,
  b: number,
  c: number,
  d = 0,
): Promise<number> {
  const result = await onThread(systemCallNumber(name), a, b, c, d, 0);
  if (result >= 0) return result;
  throw Object.assign(new Error(name), { code: errnoName(-result) });
}

/** Memory for the time of a call on another thread. */
async function withMemory<T>(size: number, use: (memory: ForeignMemory) => Promise<T>): Promise<T> {
  const memory = new ForeignMemory(size);
  try {
    return await use(memory);
  } finally {
    memory.free();
  }
}
