import type { CpuUsage } from "../core/schema/host_schema.ts";
import type { CpuTimes } from "../platform/mod.ts";
import { share } from "./percent.ts";

/** The CPU clocks at a moment of a monotonic clock, in milliseconds. */
export interface CpuReading {
  readonly atMs: number;
  readonly times: CpuTimes;
}

/**
 * The share of all CPUs that was busy between two readings, in percent; null when the clocks did not move.
 *
 * `guest` is part of `user` already. Idle is `idle` and `iowait`; what the hypervisor stole was wanted, and counts as
 * busy. A clock that goes backwards, as iowait may (proc_stat(5)) and idle when a CPU comes back, counts as standing
 * still.
 */
export function usagePercent(before: CpuTimes, now: CpuTimes): number | null {
  const idle = passed(before.idle, now.idle) + passed(before.iowait, now.iowait);
  const busy = passed(before.user, now.user) + passed(before.nice, now.nice) +
    passed(before.system, now.system) + passed(before.irq, now.irq) +
    passed(before.softirq, now.softirq) + passed(before.steal, now.steal);
  const total = busy + idle;
  return total > 0 ? share(busy, total) : null;
}

/** A clock that a system does not have stands in one of the others. */
function passed(before: number | null, now: number | null): number {
  return before !== null && now !== null && now > before ? now - before : 0;
}

/** The answer of RPCCPUUsage. */
export function cpuUsage(times: CpuTimes, percent: number | null): CpuUsage {
  return {
    user: times.user,
    nice: times.nice,
    system: times.system,
    idle: times.idle,
    iowait: times.iowait,
    irq: times.irq,
    softirq: times.softirq,
    steal: times.steal,
    guest: times.guest,
    guest_nice: times.guestNice,
    usage_percent: percent,
  };
}

/** The kernel counts in ticks of 10 ms for each CPU: below this a percentage says little. */
const SHORTEST_WINDOW_MS = 100;

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
