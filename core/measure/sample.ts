import type { SampleRecord } from "../schema/record.ts";
import { byName, METRICS } from "./metrics.ts";
import type { Metric, MetricName } from "./metrics.ts";
import { count, percent, seconds, timestamp } from "./numbers.ts";
import type { Reading } from "./reading.ts";

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

/*
 * What makes the value of each metric. These functions are made once, and none calls another of them: a sample of a
 * thousand processes calls them 18,000 times.
 */
type OfTree = (reading: Reading, cpuBefore: number, interval: number, memoryLimit: number) => number | null;
type OfProcess = (
  row: Float64Array,
  cpuBefore: number,
  interval: number,
  memoryLimit: number,
  hasFreshDetails: boolean,
) => number | null;

const OF_TREE = byName(METRICS, ofTree);
const OF_PROCESS = byName(METRICS, ofProcess);

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
  const sample: SampleRecord = {
    kind: "sample",
    timestamp: timestamp(time.timestampMs),
    elapsed_seconds: seconds(time.elapsedSeconds)!,
    interval_seconds: seconds(time.intervalSeconds)!,
    uptime_seconds: seconds(time.uptimeSeconds)!,
    process_count: reading.processCount,
    ...unknownMetrics(metrics),
  };
  setMetrics(sample, reading, metrics, cpuSecondsBefore, time.intervalSeconds, memoryLimit);
  return sample;
}

/** Set the metrics of a whole tree; see {@link toSample}. */
export function setMetrics(
  told: MetricValues,
  reading: Reading,
  metrics: readonly MetricName[],
  cpuSecondsBefore: number,
  intervalSeconds: number,
  memoryLimit: number,
): void {
  for (let index = 0; index < metrics.length; index++) {
    const name = metrics[index];
    told[name] = OF_TREE[name](reading, cpuSecondsBefore, intervalSeconds, memoryLimit);
  }
}

/** The metrics of single processes; what one reaped from children belongs to them, not to it. */
export class ProcessMetrics {
  /** All of them, as yet unknown: what is told of a process begins with them. */
  readonly unknown: MetricValues;
  readonly #values: readonly OfProcess[];

  /** @param metrics which metrics each has, in order */
  constructor(readonly names: readonly MetricName[]) {
    this.unknown = unknownMetrics(names);
    this.#values = names.map((name) => OF_PROCESS[name]);
  }

  /**
   * Set the metrics of one process.
   * @param hasFreshDetails whether its descriptors and switches are those of now; they are left unknown else
   */
  set(
    told: MetricValues,
    row: Float64Array,
    cpuSecondsBefore: number,
    intervalSeconds: number,
    memoryLimit: number,
    hasFreshDetails: boolean,
  ): void {
    const { names } = this;
    for (let index = 0; index < names.length; index++) {
      told[names[index]] = this.#values[index](
        row,
        cpuSecondsBefore,
        intervalSeconds,
        memoryLimit,
        hasFreshDetails,
      );
    }
  }
}

function ofTree({ reading: field, total, per, unit }: Metric): OfTree {
  if (per === "interval") {
    return ({ totals }, before, interval) => percent(cpuPercent(before, totals[total!], interval));
  }
  if (per === "memory_limit") {
    return ({ memoryBytes }, _before, _interval, limit) => percent((memoryBytes / limit) * 100);
  }
  if (field !== undefined && unit === "percent") return (reading) => percent(reading[field] as number);
  if (field !== undefined) return (reading) => count(reading[field] as number);
  if (total === undefined) return () => null;
  return unit === "seconds" ? ({ totals }) => seconds(totals[total]) : ({ totals }) => count(totals[total]);
}

function ofProcess({ raw, needs, per, unit }: Metric): OfProcess {
  if (raw === undefined) return () => null;
  if (needs === "switches" || needs === "file_descriptors") {
    return (row, _before, _interval, _limit, hasFreshDetails) => hasFreshDetails ? count(row[raw]) : null;
  }
  if (per === "interval") return (row, before, interval) => percent(cpuPercent(before, row[raw], interval));
  if (per === "memory_limit") return (row, _before, _interval, limit) => percent((row[raw] / limit) * 100);
  if (unit === "seconds") return (row) => seconds(row[raw]);
  if (unit === "percent") return (row) => percent(row[raw]);
  return (row) => count(row[raw]);
}

const UNKNOWN = new WeakMap<readonly MetricName[], MetricValues>();

/**
 * Some metrics, all unknown. Objects that begin as copies of one are made and filled much faster than those that
 * grow.
 */
function unknownMetrics(names: readonly MetricName[]): MetricValues {
  let unknown = UNKNOWN.get(names);
  if (!unknown) UNKNOWN.set(names, unknown = Object.fromEntries(names.map((name) => [name, null])));
  return unknown;
}
