import { Aggregate } from "./aggregate.ts";
import type { MetricName } from "./metric.ts";
import { Total } from "./raw.ts";
import { unknownReading } from "./reading.ts";
import type { Reading } from "./reading.ts";
import type { ProctorRecord, SampleRecord, SummaryRecord } from "./record.ts";
import { AGGREGATE_METRICS, taskMetrics } from "./task_message.ts";
import type { TaskAggregate, TaskMessage, TaskMetrics, TaskState } from "./task_message.ts";

/** Makes seed 001's messages from the records of one run: one of every sample, and the last of the summary. */
export class RunMessages {
  readonly #aggregate = new Aggregate();
  #cpuSecondsBefore = 0;
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
    this.#aggregate.look(nothing, 0);
  }

  /** The message of a record; undefined when it has none. */
  of(record: ProctorRecord): TaskMessage | undefined {
    if (record.kind === "sample") return this.#ofSample(record);
    if (record.kind === "summary") return this.#ofSummary(record);
    return undefined;
  }

  #ofSample(sample: SampleRecord): TaskMessage {
    const reading = readingOf(sample);
    this.#aggregate.look(reading, sample.elapsed_seconds);
    this.#aggregate.sample(this.#cpuSecondsBefore, reading, sample.interval_seconds);
    this.#cpuSecondsBefore = reading.totals[Total.cpuSeconds];
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
    return this.#message(metrics, this.#collected(aggregated), isLeft ? "stopped" : "ended");
  }

  #collected(aggregated: TaskAggregate): TaskAggregate {
    const isCollected = (key: string) =>
      key === "sample_count" ||
      this.metrics.includes(AGGREGATE_METRICS[key as keyof typeof AGGREGATE_METRICS]);
    return Object.fromEntries(
      Object.entries(aggregated).filter(([key]) => isCollected(key)).map((
        [key, value],
      ) => [key, value ?? null]),
    ) as TaskAggregate;
  }

  #message(metrics: TaskMetrics, aggregated: TaskAggregate, state: TaskState): TaskMessage {
    return { task_id: this.taskId, proplet_id: this.propletId, metrics, aggregated, state };
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
