import { readlinkSync } from "node:fs";
import { hidesInheritedDescriptors } from "../../ffi/mod.ts";
import { ProctorError } from "../../core/error.ts";
import { listDirectory } from "./directory.ts";
import { describeErrno } from "./errno.ts";
import { closeFile, pathAddress } from "./kernel_file.ts";
import { systemCall } from "./launch_code.ts";
import { libc } from "./libc.ts";
import { ForeignMemory } from "./memory.ts";

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;
const O_CLOEXEC = 0o2000000;
const O_RDWR = 2;
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
    try {
      // The runtime's own, by now, are an epoll and an eventfd.
      return !readlinkSync(`/proc/self/fd/${number}`).startsWith("anon_inode:");
    } catch {
      return false; // The directory that was just listed.
    }
  });
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

/**
 * A pipe, both ends close-on-exec: what is read from, and what is written to.
 * @throws ProctorError of kind `system`
 */
export function makePipe(): [number, number] {
  const ends = new ForeignMemory(8);
  const result = systemCall("pipe2", ends.address, O_CLOEXEC);
  const pair: [number, number] = [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
  ends.free();
  if (result < 0) throw new ProctorError("system", `cannot make a pipe: ${describeErrno(-result)}`);
  return pair;
}

/**
 * /dev/null, to be read or written.
 * @throws ProctorError of kind `system`
 */
export function openNull(): number {
  const descriptor = libc.open(pathAddress("/dev/null"), O_RDWR | O_CLOEXEC, 0);
  if (descriptor < 0) throw new ProctorError("system", "cannot open /dev/null");
  return descriptor;
}
