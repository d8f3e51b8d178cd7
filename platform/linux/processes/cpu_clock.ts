import { libc } from "../sys/libc.ts";
import { ForeignMemory } from "../sys/memory.ts";

const timespec = new ForeignMemory(16);
const CLOCK_PROCESS_CPUTIME_ID = 2;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
const CLOCK_ATTEMPTS = 8;
const CLOCK_DOUBT_MS = 0.1;

/**
 * CPU seconds a process has used, all its threads, the ended ones included; NaN when there is no process with
 * this PID. Nanoseconds exact, one cheap call, and no privilege needed: clock_getcpuclockid(3) documents the
 * clock, kernel/time/posix-cpu-timers.c the id.
 */
export function processCpuSeconds(pid: number): number {
  return read(clockOf(pid));
}

/** The number of that clock. */
export function clockOf(pid: number): number {
  return (~pid << 3) | 2;
}

/** CPU seconds of this process. */
export function ownCpuSeconds(): number {
  return read(CLOCK_PROCESS_CPUTIME_ID);
}

/** Milliseconds since the machine booted, suspended time included. */
export function bootClockMs(): number {
  return read(CLOCK_BOOTTIME) * 1_000;
}

/** Nanoseconds on the monotonic clock, which stands while the machine is suspended: the kernel's events go by it. */
export function monotonicNs(): number {
  libc.clock_gettime(CLOCK_MONOTONIC, timespec.address);
  return timespec.getU64(0) * 1e9 + timespec.view.getUint32(8, true);
}

/**
 * How far the boot clock is ahead of the monotonic one, in milliseconds: for how long the machine was suspended. Read
 * again where something has come between the readings of the two.
 */
export function suspendedMs(): number {
  let [ahead, doubt] = [NaN, Infinity];
  for (let attempt = 0; attempt < CLOCK_ATTEMPTS && doubt > CLOCK_DOUBT_MS; attempt++) {
    const before = monotonicNs();
    const boot = bootClockMs();
    const after = monotonicNs();
    const wider = (after - before) / 1e6;
    if (wider >= doubt) continue;
    ahead = boot - (before + after) / 2e6;
    doubt = wider;
  }
  return ahead;
}

function read(clock: number): number {
  if (libc.clock_gettime(clock, timespec.address) !== 0) return NaN;
  return timespec.getU64(0) + timespec.view.getUint32(8, true) / 1e9;
}
