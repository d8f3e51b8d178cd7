import { Fold } from "./fold.ts";
import type { MetricName } from "./metric.ts";
import { count, percent } from "./numbers.ts";
import { Total } from "./raw.ts";
import type { Reading } from "./reading.ts";
import { cpuPercent } from "./sample.ts";
import { AGGREGATE_METRICS } from "./task_message.ts";
import type { TaskAggregate } from "./task_message.ts";

const KEYS = Object.keys(AGGREGATE_METRICS) as (keyof typeof AGGREGATE_METRICS)[];

/** Seed 001's `aggregated` of one task, folded from one reading after another: it needs no history. */
export class Aggregate {
  readonly #fold = new Fold();
  #firstCpuSeconds = NaN;
  #lastCpuSeconds = NaN;
  #firstElapsed = 0;
  #lastElapsed = 0;
  #diskReadBytes = NaN;
  #diskWriteBytes = NaN;

  /** Samples taken so far. */
  get sampleCount(): number {
    return this.#fold.sampleCount;
  }

  /**
   * Take a reading into account that is no sample.
   * @param elapsedSeconds since the task is watched, never less than at the reading before
   */
  look(reading: Reading, elapsedSeconds: number): void {
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
  }

  /** Take a sample into account, after its {@link look}: it has a rate. */
  sample(cpuSecondsBefore: number, reading: Reading, intervalSeconds: number): void {
    this.#fold.observeRate(cpuSecondsBefore, reading, intervalSeconds);
  }

  /** The values so far, of the metrics that are collected. */
  values(metrics: readonly MetricName[]): TaskAggregate {
    const watched = this.#lastElapsed - this.#firstElapsed;
    const all: Required<TaskAggregate> = {
      avg_cpu_usage: percent(cpuPercent(this.#firstCpuSeconds, this.#lastCpuSeconds, watched)),
      max_cpu_usage: percent(this.#fold.maxCpuPercent),
      avg_memory_usage: count(this.#fold.avgMemoryBytes),
      max_memory_usage: count(this.#fold.peakMemoryBytes),
      total_disk_read: count(this.#diskReadBytes),
      total_disk_write: count(this.#diskWriteBytes),
      total_network_rx: null,
      total_network_tx: null,
      sample_count: this.sampleCount,
    };
    const values: Partial<TaskAggregate> = {};
    for (const key of KEYS) if (metrics.includes(AGGREGATE_METRICS[key])) values[key] = all[key];
    return { ...values, sample_count: all.sample_count };
  }
}

/** The later of two readings of a counter, where NaN and less than before are none. */
function later(before: number, now: number): number {
  return now >= before || Number.isNaN(before) ? now : before;
}
