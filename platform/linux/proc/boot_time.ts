import { bootClockMs } from "../processes/cpu_clock.ts";
import { readText } from "./kernel_file.ts";
import { TICKS_PER_SECOND } from "./proc_stat.ts";

let boot: number | undefined;

/**
 * When the machine booted, in milliseconds since the epoch. `btime` of /proc/stat has whole seconds only, so
 * it is the wall clock less the boot clock; taken once, so that a process keeps its start time when the wall
 * clock is set.
 */
export function bootTimeMs(): number {
  boot ??= Date.now() - bootClockMs();
  return boot;
}

/** The kernel's name for this run of the machine (random(4): /proc/sys/kernel/random/boot_id). */
export function bootId(): string {
  return (readText("/proc/sys/kernel/random/boot_id") ?? "unknown").trim();
}

/**
 * The start time that a process would have which starts now, in the clock ticks of proc_pid_stat(5): the kernel cuts
 * the boot clock off, as the reader's time namespace has it (`nsec_to_clock_t` in fs/proc/array.c).
 */
export function birthNow(): number {
  return Math.floor((bootClockMs() * TICKS_PER_SECOND) / 1_000);
}
