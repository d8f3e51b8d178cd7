import { closeHandle, INVALID } from "../sys/close.ts";
import { kernel32 } from "../sys/libraries.ts";
import { scratchMemory } from "../sys/memory.ts";
import { microseconds } from "../sys/times.ts";

// winnt.h
const PROCESS_TERMINATE = 1;
const PROCESS_VM_READ = 0x10;
const PROCESS_SUSPEND_RESUME = 0x800;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const SYNCHRONIZE = 0x100000;
const LEAST = PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE;
const ACT = LEAST | PROCESS_TERMINATE | PROCESS_SUSPEND_RESUME;

/** A handle with which everything can be done that is done here, or only looked and waited; 0 where there is none. */
export function openToHold(pid: number): number {
  return open(pid, ACT | PROCESS_VM_READ, LEAST);
}

/**
 * A handle to read what a process is, or to look and wait only; 0 where there is none to be had.
 * @param birth when it has begun, where the number might be another's by now
 */
export function openToRead(pid: number, birth?: number): number {
  return sameOnly(open(pid, LEAST | PROCESS_VM_READ, LEAST), birth);
}

/** A handle to end or suspend the process that has begun at this moment; 0 where that is not to be had. */
export function openToAct(pid: number, birth: number): number {
  return sameOnly(open(pid, ACT), birth);
}

function open(pid: number, ...rights: readonly number[]): number {
  for (const wanted of rights) {
    const handle = kernel32().OpenProcess(wanted, 0, pid);
    if (handle !== 0 && handle !== INVALID) return handle;
  }
  return 0;
}

function sameOnly(handle: number, birth: number | undefined): number {
  if (handle === 0 || birth === undefined) return handle;
  const { address, view } = scratchMemory();
  const { GetProcessTimes: times } = kernel32();
  const isSame = times(handle, address, address + 8, address + 16, address + 24) !== 0 &&
    microseconds(view, 0) === birth;
  if (isSame) return handle;
  closeHandle(handle);
  return 0;
}
