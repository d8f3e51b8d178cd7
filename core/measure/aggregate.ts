import { AGGREGATE_METRICS } from "../schema/task_message.ts";
import type { TaskAggregate } from "../schema/task_message.ts";
import { Fold } from "./fold.ts";
import type { MetricName } from "./metrics.ts";
import { count, percent } from "./numbers.ts";
import { Total } from "./raw.ts";
import type { Reading } from "./reading.ts";
import { cpuPercent } from "./sample.ts";
import type { Folding } from "./sampler.ts";

const KEYS = Object.keys(AGGREGATE_METRICS) as (keyof typeof AGGREGATE_METRICS)[];

/** The `aggregated` of a task's messages, folded from one reading after another: it needs no history. */
export class Aggregate implements Folding {
  readonly #fold = new Fold();
  #firstCpuSeconds = NaN;
  #lastCpuSeconds = NaN;
  #firstElapsed = 0;
  #lastElapsed = 0;
  #diskReadBytes = NaN;
  #diskWriteBytes = NaN;
  #networkRxBytes = NaN;
  #networkTxBytes = NaN;

  /** Samples taken so far. */
  get sampleCount(): number {
    return this.#fold.sampleCount;
  }

  /**
   * Take a reading into account.
   * @param elapsedSeconds since the task is watched, never less than at the reading before
   */
  observe(reading: Reading, elapsedSeconds: number): void {
    const { totals } = reading;
    this.#fold.observe(reading, elapsedSeconds);
    const cpuSeconds = totals[Total.cpuSeconds];
    if (!Number.isNaN(cpuSeconds)) {
      if (Number.isNaN(this.#firstCpuSeconds)) {
        this.#firstCpuSeconds = cpuSeconds;
        this.#firstElapsed = elapsedSeconds;
      }
      this.#lastCpuSeconds = cpuSeconds;
      this.#lastElapsed = elapsedSeconds;
    }
    // What was known once is not forgotten: a process that has become somebody else's hides its I/O.
    this.#diskReadBytes = later(this.#diskReadBytes, totals[Total.diskReadBytes]);
    this.#diskWriteBytes = later(this.#diskWriteBytes, totals[Total.diskWriteBytes]);
    this.#networkRxBytes = later(this.#networkRxBytes, reading.networkRxBytes);
    this.#networkTxBytes = later(this.#networkTxBytes, reading.networkTxBytes);
  }

  /** Take the CPU rate of one sample into account, after its reading; NaN where it is unknown. */
  observeRate(cpuPercent: number): void {
    this.#fold.observeRate(cpuPercent);
  }

  /** Take samples into account between which nothing has moved; {@link Fold.stand}. */
  stand(count: number, elapsedSeconds: number, cpuPercent: number): void {
    this.#fold.stand(count, elapsedSeconds, cpuPercent);
    if (!Number.isNaN(cpuPercent)) this.#lastElapsed = elapsedSeconds;
  }

  /** CPU over the time watched, in percent. */
  get avgCpuUsage(): number | null {
    const watched = this.#lastElapsed - this.#firstElapsed;
    return percent(cpuPercent(this.#firstCpuSeconds, this.#lastCpuSeconds, watched));
  }

  /** Mean memory, in bytes. */
  get avgMemoryUsage(): number | null {
    return count(this.#fold.avgMemoryBytes);
  }

  /** The values so far, of the metrics that are collected. */
  values(metrics: readonly MetricName[]): TaskAggregate {
    const all = {
      avg_cpu_usage: this.avgCpuUsage,
      max_cpu_usage: percent(this.#fold.maxCpuPercent),
      avg_memory_usage: this.avgMemoryUsage,
      max_memory_usage: count(this.#fold.peakMemoryBytes),
      total_disk_read: count(this.#diskReadBytes),
      total_disk_write: count(this.#diskWriteBytes),
      total_network_rx: count(this.#networkRxBytes),
      total_network_tx: count(this.#networkTxBytes),
      sample_count: this.sampleCount,
    };
    return keysOf(metrics).length === KEYS.length ? all : collected(all, metrics);
  }
}

/** Asked at every message. */
const COLLECTED = new WeakMap<readonly MetricName[], typeof KEYS>();

function keysOf(metrics: readonly MetricName[]): typeof KEYS {
  let keys = COLLECTED.get(metrics);
  if (!keys) {
    COLLECTED.set(metrics, keys = KEYS.filter((key) => metrics.includes(AGGREGATE_METRICS[key])));
  }
  return keys;
}

/** The values of those metrics that are collected; what is not there of them is not known. */
export function collected(all: TaskAggregate, metrics: readonly MetricName[]): TaskAggregate {
  const values: Partial<TaskAggregate> = {};
  for (const key of keysOf(metrics)) values[key] = all[key] ?? null;
  return { ...values, sample_count: all.sample_count };
}

/** The later of two readings of a counter, where NaN and less than before are none. */
function later(before: number, now: number): number {
  return now >= before || Number.isNaN(before) ? now : before;
}
