import type { CpuUsage } from "../core/host_schema.ts";
import type { CpuTimes } from "../platform/mod.ts";
import { share } from "./percent.ts";

/** The CPU clocks at a moment of a monotonic clock, in milliseconds. */
export interface CpuReading {
  readonly atMs: number;
  readonly times: CpuTimes;
}

const MODES = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"] as const;

/**
 * The share of all CPUs that was busy between two readings, in percent; null when the clocks did not move.
 *
 * `guest` is part of `user` already. Idle is `idle` and `iowait`; what the hypervisor stole was wanted, and counts as
 * busy. A clock that goes backwards, as iowait may (proc_stat(5)) and idle when a CPU comes back, counts as standing
 * still.
 */
export function usagePercent(before: CpuTimes, now: CpuTimes): number | null {
  let total = 0;
  let idle = 0;
  for (const mode of MODES) {
    const passed = Math.max(0, now[mode] - before[mode]);
    total += passed;
    if (mode === "idle" || mode === "iowait") idle += passed;
  }
  return total > 0 ? share(total - idle, total) : null;
}

/** The answer of RPCCPUUsage. */
export function cpuUsage(times: CpuTimes, percent: number | null): CpuUsage {
  const { guestNice, ...rest } = times;
  return { ...rest, guest_nice: guestNice, usage_percent: percent };
}

/** The kernel counts in ticks of 10 ms for each CPU: below this a percentage says little. */
export const SHORTEST_WINDOW_MS = 100;

/**
 * The readings that a usage is taken from: the one before, or, when that is too young, the one before it. A rate never
 * comes from one reading.
 */
export class CpuWindow {
  #last: CpuReading | undefined;
  #older: CpuReading | undefined;

  /** How long to wait before a reading taken then has another to be held against. */
  waitMs(nowMs: number): number {
    if (!this.#last) return SHORTEST_WINDOW_MS;
    return this.#older ? 0 : Math.max(0, this.#last.atMs + SHORTEST_WINDOW_MS - nowMs);
  }

  /** Whether there is no reading yet. */
  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** Take a reading in; the usage since the one before, null when there is none. */
  add(reading: CpuReading): number | null {
    if (!this.#last) {
      this.#last = reading;
    } else if (reading.atMs - this.#last.atMs >= SHORTEST_WINDOW_MS) {
      this.#older = this.#last;
      this.#last = reading;
    }
    return this.#older ? usagePercent(this.#older.times, reading.times) : null;
  }
}
