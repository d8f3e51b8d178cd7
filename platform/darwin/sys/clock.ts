import { sysctlNumber, sysctlText } from "./sysctl.ts";
import type { LibSystem } from "./libsystem.ts";

const rates = new WeakMap<LibSystem, number>();

/**
 * How many ticks a second has in which libproc counts the time of processes: 24 MHz on Apple silicon, nanoseconds on
 * Intel. Not by mach_timebase_info: under Rosetta that is Intel's, while libproc's ticks stay those of the machine.
 */
export function ticksPerSecond(system: LibSystem): number {
  let rate = rates.get(system);
  if (rate === undefined) {
    const frequency = sysctlNumber(system, "hw.tbfrequency");
    rates.set(system, rate = frequency > 0 ? frequency : 1e9);
  }
  return rate;
}

/** The kernel's name for this run of the machine (kern.bootsessionuuid); its start where it has none. */
export function bootId(system: LibSystem): string {
  return sysctlText(system, "kern.bootsessionuuid") ?? `boot-${sysctlNumber(system, "kern.boottime")}`;
}

/** The birth that a process would have which starts now: microseconds since the epoch, as pbi_start_tvsec counts. */
export const birthNow = () => Math.floor((performance.timeOrigin + performance.now()) * 1_000);
