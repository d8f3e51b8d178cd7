import { libc } from "./libc.ts";
import { ForeignMemory } from "./memory.ts";

const timespec = new ForeignMemory(16);
const CLOCK_PROCESS_CPUTIME_ID = 2;
const CLOCK_BOOTTIME = 7;

/**
 * CPU seconds a process has used, all its threads, the ended ones included; NaN when there is no process with
 * this PID. Nanoseconds exact, one cheap call, and no privilege needed: clock_getcpuclockid(3) documents the
 * clock, kernel/time/posix-cpu-timers.c the id.
 */
export function processCpuSeconds(pid: number): number {
  return read((~pid << 3) | 2);
}

/** CPU seconds of this process. */
export function ownCpuSeconds(): number {
  return read(CLOCK_PROCESS_CPUTIME_ID);
}

/** Milliseconds since the machine booted, suspended time included. */
export function bootClockMs(): number {
  return read(CLOCK_BOOTTIME) * 1_000;
}

function read(clock: number): number {
  if (libc.clock_gettime(clock, timespec.address) !== 0) return NaN;
  return timespec.getU64(0) + timespec.view.getUint32(8, true) / 1e9;
}
