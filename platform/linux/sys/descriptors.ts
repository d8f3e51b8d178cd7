import { nodeFs } from "../../../io/builtins.ts";
import { hidesInheritedDescriptors } from "../../../ffi/mod.ts";
import { ProctorError } from "../../../core/error.ts";
import { listDirectory } from "./directory.ts";
import { describeErrno } from "./errno.ts";
import { descriptorKind } from "./file_mode.ts";
import { closeFile, pathAddress } from "../proc/kernel_file.ts";
import { systemCall } from "./machine_code.ts";
import { libc } from "./libc.ts";
import { ForeignMemory } from "./memory.ts";
import { openFlags } from "./open_flags.ts";
import { readLink } from "./read_link.ts";

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;
const FIRST_BEYOND_STDIO = 3;

let inherited: number[] | undefined;

/**
 * Descriptors above 2 that this process was started with, such as make's jobserver or a shell's `<(…)`, as far
 * as the runtime has marked them close-on-exec. To be called early: what is opened later would be taken for one.
 */
export function inheritedDescriptors(): number[] {
  inherited ??= hidesInheritedDescriptors() ? listInherited() : [];
  return inherited;
}

function listInherited(): number[] {
  const numbers = listDirectory("/proc/self/fd").map(({ name }) => Number(name));
  return numbers.filter((number) => {
    if (number < FIRST_BEYOND_STDIO) return false;
    // The runtime's own, by now, are an epoll and an eventfd. The directory that was just listed leads nowhere.
    return readLink(`/proc/self/fd/${number}`)?.startsWith("anon_inode:") === false;
  });
}

/**
 * What is left in a pipe, without waiting for more. It is opened again for that: its own flags are shared with whoever
 * else has it open.
 */
export function readRest(descriptor: number): Uint8Array {
  const { closeSync, constants, openSync, readSync } = nodeFs();
  const pieces: Uint8Array[] = [];
  let again: number | undefined;
  try {
    again = openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK);
    for (;;) {
      const piece = new Uint8Array(65_536);
      const length = readSync(again, piece);
      if (length === 0) break;
      pieces.push(piece.subarray(0, length));
    }
  } catch { /* EAGAIN: somebody still holds the other end, and there is nothing at present. */ }
  if (again !== undefined) closeSync(again);
  return Buffer.concat(pieces);
}

/** Mark descriptors close-on-exec; those that are not open are passed over. */
export function keepFromChildren(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) systemCall("fcntl", descriptor, F_SETFD, FD_CLOEXEC);
}

/** Descriptors for a child's 0, 1 and 2 that can be put in place one after another. */
export interface StdioSources {
  readonly sources: readonly number[];
  /** Close the copies that were made. */
  release(): void;
}

/**
 * Where a child is to get, say, our 2 as its 1 and our 1 as its 2, putting one in place would overwrite the source
 * of the other: such sources are copied out of the way first.
 * @throws ProctorError of kind `system` when a descriptor is not open
 */
export function stdioSources(stdio: readonly number[]): StdioSources {
  const copies: number[] = [];
  const release = () => copies.forEach(closeFile);
  const sources = stdio.map((source, target) => {
    if (source === target || source >= FIRST_BEYOND_STDIO) return source;
    const copy = systemCall("fcntl", source, F_DUPFD_CLOEXEC, FIRST_BEYOND_STDIO);
    if (copy < 0) {
      release();
      throw new ProctorError("system", `cannot copy descriptor ${source}: ${describeErrno(-copy)}`);
    }
    copies.push(copy);
    return copy;
  });
  return { sources, release };
}

/** A pipe, both ends close-on-exec: what is read from, and what is written to; or -errno. */
export function openPipe(): [number, number] | number {
  const ends = new ForeignMemory(8);
  const result = systemCall("pipe2", ends.address, openFlags("O_CLOEXEC"));
  const pair: [number, number] = [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
  ends.free();
  return result < 0 ? result : pair;
}

/**
 * The same for callers that cannot do without.
 * @throws ProctorError of kind `system`
 */
export function makePipe(): [number, number] {
  const pipe = openPipe();
  if (typeof pipe !== "number") return pipe;
  throw new ProctorError("system", `cannot make a pipe: ${describeErrno(-pipe)}`);
}

/**
 * /dev/null, to be read or written.
 * @throws ProctorError of kind `system`
 */
export function openNull(): number {
  const descriptor = libc.open(pathAddress("/dev/null"), openFlags("O_RDWR", "O_CLOEXEC"), 0);
  if (descriptor < 0) throw new ProctorError("system", "cannot open /dev/null");
  return descriptor;
}

/**
 * Give what a descriptor leads to another owner (fchown(2)), a file or a pipe: a device is everybody's. Runtimes do
 * so with descriptors of their own only.
 */
export function changeOwner(descriptor: number, uid: number, gid: number): boolean {
  if (!["file", "pipe"].includes(descriptorKind(descriptor))) return false;
  return systemCall("fchown", descriptor, uid, gid) === 0;
}
