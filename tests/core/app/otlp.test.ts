/* Requests that OpenTelemetry's own library writes, read by either encoding. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueType } from "@opentelemetry/api";
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AggregationTemporality, DataPointType } from "@opentelemetry/sdk-metrics";
import type { MetricData, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { pointsOfJson } from "../../../core/app/otlp_json.ts";
import { TooMuch } from "../../../core/app/otlp_points.ts";
import { pointsOfProtobuf } from "../../../core/app/otlp_protobuf.ts";

const TIMES = { startTime: [1_700_000_000, 5], endTime: [1_700_000_001, 0] } as const;
const describeAs = (name: string, valueType: ValueType) => ({ name, description: "", unit: "1", valueType });
const point = (value: number, attributes = {}) => ({
  startTime: [...TIMES.startTime] as [number, number],
  endTime: [...TIMES.endTime] as [number, number],
  attributes,
  value,
});

function request(metrics: MetricData[]): ResourceMetrics {
  const resource = resourceFromAttributes({ "service.name": "shop" });
  return { resource, scopeMetrics: [{ scope: { name: "test" }, metrics }] };
}

const METRICS: MetricData[] = [
  {
    descriptor: describeAs("orders", ValueType.INT),
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: [point(12, { kind: "a" }), point(30, { kind: "b" })],
  },
  {
    descriptor: describeAs("waiting", ValueType.INT),
    dataPointType: DataPointType.SUM,
    isMonotonic: false,
    aggregationTemporality: AggregationTemporality.DELTA,
    dataPoints: [point(-3)],
  },
  {
    descriptor: describeAs("temperature", ValueType.DOUBLE),
    dataPointType: DataPointType.GAUGE,
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: [point(21.5)],
  },
  {
    descriptor: describeAs("took", ValueType.DOUBLE),
    dataPointType: DataPointType.HISTOGRAM,
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: [{
      ...point(0),
      value: { buckets: { boundaries: [1, 10], counts: [2, 3, 1] }, count: 6, sum: 27.25, min: 0.5, max: 11 },
    }],
  },
];

const EXPECTED = [
  ["orders", "counter", 12, false],
  ["orders", "counter", 30, false],
  ["waiting", "gauge", -3, true],
  ["temperature", "gauge", 21.5, false],
  ["took.count", "counter", 6, false],
  ["took.sum", "counter", 27.25, false],
];

describe("a request of OTLP", () => {
  for (
    const [encoding, read] of [
      [
        "protobuf",
        (of: ResourceMetrics) => pointsOfProtobuf(ProtobufMetricsSerializer.serializeRequest(of)!),
      ],
      ["JSON", (of: ResourceMetrics) => {
        return pointsOfJson(
          JSON.parse(new TextDecoder().decode(JsonMetricsSerializer.serializeRequest(of)!)),
        );
      }],
    ] as const
  ) {
    test(`in ${encoding} says what the library has written`, () => {
      const points = read(request(METRICS));
      assert.deepEqual(
        points.map(({ name, kind, value, isDelta }) => [name, kind, value, isDelta]),
        EXPECTED,
      );
      const [one, other] = points;
      assert.equal(Math.floor(one.startMs), 1_700_000_000_000);
      assert.notEqual(one.series, other.series);
      assert.deepEqual(read(request([])), []);
    });
  }

  test("has short keys of series, however long their attributes are", () => {
    const long = [point(1, { a: "a".repeat(10_000) }), point(1, { a: "a".repeat(10_001) })];
    const of = request([{ ...METRICS[0], dataPoints: long } as MetricData]);
    const json = JSON.parse(new TextDecoder().decode(JsonMetricsSerializer.serializeRequest(of)!));
    for (
      const [one, other] of [
        pointsOfJson(json),
        pointsOfProtobuf(ProtobufMetricsSerializer.serializeRequest(of)!),
      ]
    ) {
      assert.notEqual(one.series, other.series);
      assert.ok(one.series.length < 60, one.series);
    }
  });

  test("of very many fields is refused", () => {
    // A resource, in it a scope, in it a metric for each two bytes.
    const metrics = new Uint8Array(2 ** 20).map((_, index) => index % 2 === 0 ? 0x12 : 0);
    const scope = [0x12, 0x80, 0x80, 0x40, ...metrics];
    const request = Uint8Array.from([0x0a, 0x84, 0x80, 0x40, ...scope]);
    assert.throws(() => pointsOfProtobuf(request), TooMuch);
  });

  test("that is damaged is refused by a RangeError, or says numbers", () => {
    const whole = ProtobufMetricsSerializer.serializeRequest(request(METRICS))!;
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      byte: fc.nat(255),
      length: fc.nat(whole.length),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.uint8Array(), (changes, tail) => {
        const bytes = Uint8Array.from([...whole.subarray(0, changes[0].length), ...tail]);
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
        try {
          for (const { value } of pointsOfProtobuf(bytes)) assert.ok(Number.isFinite(value));
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("of JSON that has another form says nothing, and throws nothing", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(pointsOfJson(value), []);
      assert.ok(Array.isArray(pointsOfJson({ resourceMetrics: [{ scopeMetrics: [{ metrics: [value] }] }] })));
    }));
  });
});
