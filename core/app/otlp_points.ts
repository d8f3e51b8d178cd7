/* What a request of OTLP says (opentelemetry/proto/metrics/v1/metrics.proto), in our own words. */
import { digestOf } from "./digest.ts";

/** Of one request; more is refused. */
export const MOST_POINTS = 20_000;

/** A request says more than is taken of one. */
export class TooMuch extends RangeError {}

/** A value that was told. */
export interface OtlpPoint {
  readonly name: string;
  readonly kind: "counter" | "gauge";
  /** Tells one series of a name from another. */
  readonly series: string;
  readonly value: number;
  /** Whether it is to be added to what was told before. */
  readonly isDelta: boolean;
  /** When its counting began, since the epoch; 0 where that is not told. */
  readonly startMs: number;
}

/** What a metric is, whatever points it has. */
export interface OtlpMetric {
  readonly name: string;
  readonly shape: "gauge" | "sum" | "histogram";
  readonly isMonotonic: boolean;
  readonly isDelta: boolean;
}

/** One point of a metric, as either encoding has it. */
export interface OtlpValue {
  readonly attributes: string;
  /** When its counting began, as it was written. */
  readonly start: string;
  /** NaN of a histogram, and of a number that is none. */
  readonly value: number;
  /** Of a histogram. */
  readonly count: number;
  readonly sum: number;
}

/**
 * The points of one metric; of histograms, how many values there were and what they add up to.
 * @param resource a digest of it
 */
export function pointsOf(metric: OtlpMetric, resource: number, values: readonly OtlpValue[]): OtlpPoint[] {
  const { name, shape, isMonotonic, isDelta } = metric;
  return values.flatMap(({ attributes, start, value, count, sum }) => {
    // Programs whose resources are the same are told apart by when they began to count.
    const series = `${resource}|${digestOf(attributes)}|${isDelta ? "" : digestOf(start)}`;
    const startMs = Number(start) / 1e6 || 0;
    const point = (name: string, kind: OtlpPoint["kind"], value: number, isDelta: boolean): OtlpPoint[] =>
      Number.isFinite(value) ? [{ name, kind, series, value, isDelta, startMs }] : [];
    if (shape === "histogram") {
      return [
        ...point(`${name}.count`, "counter", count, isDelta),
        ...point(`${name}.sum`, "counter", sum, isDelta),
      ].filter(({ value }) => value >= 0);
    }
    if (shape === "sum" && isMonotonic) return value >= 0 ? point(name, "counter", value, isDelta) : [];
    return point(name, "gauge", value, shape === "sum" && isDelta);
  });
}
