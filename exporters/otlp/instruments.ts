import { ValueType } from "@opentelemetry/api";
import type { Attributes, HrTime } from "@opentelemetry/api";
import { AggregationTemporality, DataPointType } from "@opentelemetry/sdk-metrics";
import type { DataPoint, MetricData, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { Resource } from "@opentelemetry/resources";
import { SCOPE } from "./resource.ts";

/** A metric of OpenTelemetry: what it is, without its values. */
export interface Instrument {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Sums that only rise are counters; those that do not, up-down-counters. */
  readonly kind: "counter" | "up_down_counter" | "gauge";
  readonly type: "int" | "double";
}

/** A value of an instrument, and what tells it from its sisters; unknown ones are left out. */
export type Point = readonly [value: number | null | undefined, attributes?: Attributes];

/** An instrument with its values. */
export type Measured = readonly [instrument: Instrument, points: readonly Point[]];

/** The values of one resource at one time. */
export function resourceMetrics(
  resource: Resource,
  measured: readonly Measured[],
  startTime: HrTime,
  endTime: HrTime,
): ResourceMetrics {
  const metrics: MetricData[] = [];
  for (const [instrument, points] of measured) {
    const dataPoints: DataPoint<number>[] = [];
    for (const [value, attributes] of points) {
      if (value === null || value === undefined) continue;
      dataPoints.push({ startTime, endTime, value, attributes: attributes ?? {} });
    }
    if (dataPoints.length > 0) metrics.push(metricData(instrument, dataPoints));
  }
  return { resource, scopeMetrics: [{ scope: SCOPE, metrics }] };
}

function metricData(
  { name, description, unit, kind, type }: Instrument,
  dataPoints: DataPoint<number>[],
): MetricData {
  const common = {
    descriptor: { name, description, unit, valueType: type === "int" ? ValueType.INT : ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints,
  };
  if (kind === "gauge") return { ...common, dataPointType: DataPointType.GAUGE };
  return { ...common, dataPointType: DataPointType.SUM, isMonotonic: kind === "counter" };
}

/** RFC 3339 as seconds and nanoseconds. */
export function hrTime(timestamp: string): HrTime {
  return hrTimeOfMs(Date.parse(timestamp));
}

/** Unix milliseconds as seconds and nanoseconds. */
export function hrTimeOfMs(ms: number): HrTime {
  const micros = Math.round(ms * 1_000);
  const seconds = Math.floor(micros / 1_000_000);
  return [seconds, (micros - seconds * 1_000_000) * 1_000];
}
