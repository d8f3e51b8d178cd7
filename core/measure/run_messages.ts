import { finalValues } from "../app/final_values.ts";
import type { ProctorRecord, SampleRecord, SummaryRecord } from "../schema/record.ts";
import { taskMetrics } from "../schema/task_message.ts";
import type { TaskAggregate, TaskMessage, TaskMetrics, TaskState } from "../schema/task_message.ts";
import { Aggregate, collected } from "./aggregate.ts";
import type { MetricName } from "./metrics.ts";
import { Total } from "./raw.ts";
import { unknownReading } from "./reading.ts";
import type { Reading } from "./reading.ts";

/** Makes the messages of a task from the records of one run: one of every sample, and the last of the summary. */
export class RunMessages {
  readonly #aggregate = new Aggregate();
  #last: SampleRecord | undefined;

  /** @param metrics those that the run collects */
  constructor(
    readonly taskId: string,
    readonly propletId: string,
    readonly metrics: readonly MetricName[],
  ) {
    // A run's CPU is counted from its beginning, not from its first sample.
    const nothing = unknownReading();
    nothing.totals[Total.cpuSeconds] = 0;
    this.#aggregate.observe(nothing, 0);
  }

  /** The message of a record; undefined when it has none. */
  of(record: ProctorRecord): TaskMessage | undefined {
    if (record.kind === "sample") return this.#ofSample(record);
    if (record.kind === "summary") return this.#ofSummary(record);
    return undefined;
  }

  #ofSample(sample: SampleRecord): TaskMessage {
    const reading = readingOf(sample);
    this.#aggregate.observe(reading, sample.elapsed_seconds);
    // Its own rate: one from rounded totals would differ from the summary's.
    this.#aggregate.observeRate(sample.cpu_percent ?? NaN);
    this.#last = sample;
    return this.#message(taskMetrics(sample), this.#aggregate.values(this.metrics), "running");
  }

  /** Totals are final; of gauges there is what was seen last, since at the end itself they are nothing. */
  #ofSummary(summary: SummaryRecord): TaskMessage {
    const gauges = this.#last ?? {} as Partial<SampleRecord>;
    const metrics = taskMetrics({
      kind: "sample",
      timestamp: summary.timestamp,
      elapsed_seconds: summary.wall_seconds,
      interval_seconds: summary.wall_seconds - (this.#last?.elapsed_seconds ?? 0),
      uptime_seconds: (this.#last ? this.#last.uptime_seconds - this.#last.elapsed_seconds : 0) +
        summary.wall_seconds,
      process_count: gauges.process_count ?? summary.leftover_process_count,
      ...Object.fromEntries(this.metrics.map((name) => [name, lastOf(name, summary, gauges)])),
      ...(summary.app && { app: finalValues(summary.app, gauges.app) }),
    });
    const aggregated: TaskAggregate = {
      avg_cpu_usage: summary.avg_cpu_percent,
      max_cpu_usage: summary.max_cpu_percent ?? summary.avg_cpu_percent,
      avg_memory_usage: summary.avg_memory_bytes,
      max_memory_usage: summary.peak_memory_bytes,
      total_disk_read: summary.disk_read_bytes,
      total_disk_write: summary.disk_write_bytes,
      total_network_rx: summary.network_rx_bytes,
      total_network_tx: summary.network_tx_bytes,
      sample_count: summary.sample_count,
    };
    const isLeft = summary.outcome === "interrupted" && summary.leftover_process_count > 0;
    return this.#message(metrics, collected(aggregated, this.metrics), isLeft ? "stopped" : "ended");
  }

  #message(metrics: TaskMetrics, aggregated: TaskAggregate, state: TaskState): TaskMessage {
    const { taskId: task_id, propletId: proplet_id } = this;
    return { task_id, proplet_id, timestamp: metrics.timestamp, metrics, aggregated, state };
  }
}

function lastOf(name: MetricName, summary: SummaryRecord, last: Partial<SampleRecord>): number | null {
  // With no sample the whole run is the interval.
  if (name === "cpu_percent") return last.cpu_percent ?? summary.avg_cpu_percent ?? null;
  return (name in summary ? summary[name as keyof SummaryRecord] as number | null : last[name]) ?? null;
}

function readingOf(sample: SampleRecord): Reading {
  const known = (name: MetricName) => sample[name] ?? NaN;
  const reading = unknownReading();
  reading.totals[Total.cpuSeconds] = known("cpu_seconds");
  reading.totals[Total.diskReadBytes] = known("disk_read_bytes");
  reading.totals[Total.diskWriteBytes] = known("disk_write_bytes");
  reading.memoryBytes = known("memory_bytes");
  reading.threadCount = known("thread_count");
  reading.processCount = sample.process_count;
  return reading;
}
