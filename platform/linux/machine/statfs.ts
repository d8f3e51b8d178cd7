import { statfs as nodeStatfs } from "node:fs";
import type { AsyncForeignFunction } from "../../../ffi/mod.ts";
import { systemCall } from "../sys/machine_code.ts";
import { pathAddress } from "../proc/kernel_file.ts";
import { ForeignMemory, MemoryWriter } from "../sys/memory.ts";
import { systemCallNumber } from "../sys/syscall_numbers.ts";
import { threadedCall } from "../sys/threaded_call.ts";

/** The space of a file system in bytes. */
export interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly availableBytes: number;
  /** Its identity as the kernel tells it, or null where it tells none. */
  readonly id: string | null;
}

/**
 * struct statfs of 64-bit machines (include/uapi/asm-generic/statfs.h): f_type 0, f_bsize 8, f_blocks 16, f_bfree 24,
 * f_bavail 32, f_files 40, f_ffree 48, f_fsid 56, f_namelen 64, f_frsize 72, f_flags 80, f_spare[4]. Blocks are
 * counted in f_frsize, which some file systems leave 0: then in f_bsize.
 */
const SIZE = 120;
const F_BSIZE = 8;
const F_BLOCKS = 16;
const F_BFREE = 24;
const F_BAVAIL = 32;
const F_FSID = 56;
const F_FRSIZE = 72;

const result = new ForeignMemory(SIZE);

/** The space of the file system at a path (statfs(2)), which must be one that answers at once; null when it fails. */
export function readSpace(path: string): Space | null {
  return systemCall("statfs", pathAddress(path), result.address) === 0 ? parseSpace(result) : null;
}

/** As {@link readSpace} on another thread, for file systems that may keep us waiting. */
export function readSpaceElsewhere(path: string): Promise<Space | null> {
  const onThread = threadedCall();
  return onThread ? byForeignCall(onThread, path) : byNode(path);
}

function parseSpace(memory: ForeignMemory): Space {
  const unit = memory.getU64(F_FRSIZE) || memory.getU64(F_BSIZE);
  const id = memory.view.getBigUint64(F_FSID, true);
  return {
    totalBytes: memory.getU64(F_BLOCKS) * unit,
    freeBytes: memory.getU64(F_BFREE) * unit,
    availableBytes: memory.getU64(F_BAVAIL) * unit,
    id: id === 0n ? null : id.toString(16),
  };
}

async function byForeignCall(onThread: AsyncForeignFunction, path: string): Promise<Space | null> {
  const name = new TextEncoder().encode(path);
  const into = new ForeignMemory(SIZE);
  const words = new ForeignMemory(name.length + 8);
  try {
    const address = new MemoryWriter(words).string(name);
    const failed = await onThread(systemCallNumber("statfs"), address, into.address, 0, 0, 0);
    return failed === 0 ? parseSpace(into) : null;
  } finally {
    into.free();
    words.free();
  }
}

function byNode(path: string): Promise<Space | null> {
  return new Promise((resolve) => {
    nodeStatfs(path, (error, found) => {
      if (error) return resolve(null);
      const unit = found.frsize || found.bsize;
      resolve({
        totalBytes: found.blocks * unit,
        freeBytes: found.bfree * unit,
        availableBytes: found.bavail * unit,
        id: null,
      });
    });
  });
}
