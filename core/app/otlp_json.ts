import { digestOf } from "./digest.ts";
import { pointsOf } from "./otlp_points.ts";
import type { OtlpMetric, OtlpPoint, OtlpValue } from "./otlp_points.ts";

type Json = Readonly<Record<string, unknown>>;
const SHAPES = [
  ["gauge", "gauge"],
  ["sum", "sum"],
  ["histogram", "histogram"],
  ["exponentialHistogram", "histogram"],
  ["summary", "histogram"],
] as const satisfies readonly (readonly [string, OtlpMetric["shape"]])[];

/** The points of an ExportMetricsServiceRequest in the JSON of OTLP; what has another form is passed over. */
export function pointsOfJson(request: unknown): OtlpPoint[] {
  return list(request, "resourceMetrics").flatMap((of) => {
    const resource = digestOf(JSON.stringify(of.resource) ?? "");
    return list(of, "scopeMetrics").flatMap((scope) =>
      list(scope, "metrics").flatMap((metric) => metricPoints(metric, resource))
    );
  });
}

function metricPoints(metric: Json, resource: number): OtlpPoint[] {
  return SHAPES.flatMap(([key, shape]) => {
    const told = metric[key];
    if (!isObject(told)) return [];
    const temporality = told.aggregationTemporality;
    const of = {
      name: String(metric.name ?? ""),
      shape,
      isDelta: temporality === 1 || temporality === "AGGREGATION_TEMPORALITY_DELTA",
      isMonotonic: told.isMonotonic === true,
    };
    return pointsOf(of, resource, list(told, "dataPoints").map(valueOf));
  });
}

function valueOf(point: Json): OtlpValue {
  return {
    attributes: JSON.stringify(point.attributes) ?? "",
    start: String(point.startTimeUnixNano ?? ""),
    value: numberOf(point.asDouble ?? point.asInt),
    count: numberOf(point.count),
    sum: numberOf(point.sum),
  };
}

/** 64-bit integers are texts there. */
function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d{1,20}$/.test(value) ? Number(value) : NaN;
}

function list(of: unknown, key: string): Json[] {
  const value = isObject(of) ? of[key] : undefined;
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
