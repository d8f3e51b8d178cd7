import { bootClockMs } from "./cpu_clock.ts";

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
