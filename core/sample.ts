import type { MetricName } from "./metric.ts";
import { count, percent, seconds, timestamp } from "./numbers.ts";
import { Raw, Total } from "./raw.ts";
import type { Reading } from "./reading.ts";
import type { SampleRecord } from "./record.ts";

/** The values of a sample's metrics, null where unknown. */
export type MetricValues = Partial<Record<MetricName, number | null>>;

/** When and between which readings a sample lies; seconds on a monotonic clock, wall time as a label. */
export interface SampleTime {
  readonly timestampMs: number;
  readonly elapsedSeconds: number;
  /** Since the sample before, or since the start. */
  readonly intervalSeconds: number;
  /** Age of the root process. */
  readonly uptimeSeconds: number;
}

/** CPU over an interval, in percent of one core; NaN where an end is unknown, time stood still or CPU fell. */
export function cpuPercent(beforeSeconds: number, nowSeconds: number, intervalSeconds: number): number {
  const used = nowSeconds - beforeSeconds;
  return intervalSeconds > 0 && used >= 0 ? (used / intervalSeconds) * 100 : NaN;
}

/**
 * Turn a reading into a sample.
 *
 * @param metrics which metrics the sample has, in order; the others are left out
 * @param cpuSecondsBefore CPU total at the sample before
 * @param memoryLimit bytes that "100 % of memory" means
 */
export function toSample(
  reading: Reading,
  time: SampleTime,
  metrics: readonly MetricName[],
  cpuSecondsBefore: number,
  memoryLimit: number,
): SampleRecord {
  const { totals } = reading;
  const all: Record<MetricName, number | null> = {
    cpu_percent: percent(cpuPercent(cpuSecondsBefore, totals[Total.cpuSeconds], time.intervalSeconds)),
    cpu_seconds: seconds(totals[Total.cpuSeconds]),
    memory_bytes: count(reading.memoryBytes),
    memory_pss_bytes: count(reading.pssBytes),
    memory_percent: percent((reading.memoryBytes / memoryLimit) * 100),
    disk_read_bytes: count(totals[Total.diskReadBytes]),
    disk_write_bytes: count(totals[Total.diskWriteBytes]),
    io_read_bytes: count(totals[Total.ioReadBytes]),
    io_write_bytes: count(totals[Total.ioWriteBytes]),
    network_rx_bytes: null,
    network_tx_bytes: null,
    thread_count: count(reading.threadCount),
    file_descriptor_count: count(reading.fileDescriptorCount),
    minor_faults: count(totals[Total.minorFaults]),
    major_faults: count(totals[Total.majorFaults]),
    voluntary_context_switches: count(totals[Total.voluntarySwitches]),
    involuntary_context_switches: count(totals[Total.involuntarySwitches]),
  };
  return {
    kind: "sample",
    timestamp: timestamp(time.timestampMs),
    elapsed_seconds: seconds(time.elapsedSeconds)!,
    interval_seconds: seconds(time.intervalSeconds)!,
    uptime_seconds: seconds(time.uptimeSeconds)!,
    process_count: reading.processCount,
    ...choose(all, metrics),
  };
}

/** The same metrics for one process of the tree; what it reaped from children belongs to them, not to it. */
export function processMetrics(
  row: Float64Array,
  metrics: readonly MetricName[],
  cpuSecondsBefore: number,
  intervalSeconds: number,
  memoryLimit: number,
): MetricValues {
  const all: Record<MetricName, number | null> = {
    cpu_percent: percent(cpuPercent(cpuSecondsBefore, row[Raw.cpuSeconds], intervalSeconds)),
    cpu_seconds: seconds(row[Raw.cpuSeconds]),
    memory_bytes: count(row[Raw.memoryBytes]),
    memory_pss_bytes: count(row[Raw.pssBytes]),
    memory_percent: percent((row[Raw.memoryBytes] / memoryLimit) * 100),
    disk_read_bytes: count(row[Raw.diskReadBytes]),
    disk_write_bytes: count(row[Raw.diskWriteBytes]),
    io_read_bytes: count(row[Raw.ioReadBytes]),
    io_write_bytes: count(row[Raw.ioWriteBytes]),
    network_rx_bytes: null,
    network_tx_bytes: null,
    thread_count: count(row[Raw.threadCount]),
    file_descriptor_count: count(row[Raw.fileDescriptorCount]),
    minor_faults: count(row[Raw.minorFaults]),
    major_faults: count(row[Raw.majorFaults]),
    voluntary_context_switches: count(row[Raw.voluntarySwitches]),
    involuntary_context_switches: count(row[Raw.involuntarySwitches]),
  };
  return choose(all, metrics);
}

function choose(all: Record<MetricName, number | null>, metrics: readonly MetricName[]): MetricValues {
  const chosen: MetricValues = {};
  for (const name of metrics) chosen[name] = all[name];
  return chosen;
}
