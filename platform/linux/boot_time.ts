import { bootClockMs } from "./cpu_clock.ts";
import { readText } from "./kernel_file.ts";

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
