import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { METRIC_NAMES } from "../../../core/measure/metrics.ts";
import { TOTAL_WIDTH } from "../../../core/measure/raw.ts";
import { unknownReading } from "../../../core/measure/reading.ts";
import { toSample } from "../../../core/measure/sample.ts";
import { toTaskMetrics } from "../../../core/measure/task_sample.ts";
import { taskMetrics } from "../../../core/schema/task_message.ts";

const value = fc.oneof(fc.constant(NaN), fc.double({ min: 0, max: 1e15, noNaN: true }));
const seconds = fc.double({ min: 0, max: 1e9, noNaN: true });

test("property: straight from the reading, the metrics are those of its sample, in their order", () => {
  fc.assert(fc.property(
    fc.array(value, { minLength: TOTAL_WIDTH, maxLength: TOTAL_WIDTH }),
    fc.record({ memoryBytes: value, threadCount: value, networkRxBytes: value, gpuPercent: value }),
    fc.record({ timestampMs: fc.nat(), intervalSeconds: seconds, uptimeSeconds: seconds }),
    fc.subarray([...METRIC_NAMES]),
    value,
    (totals, gauges, time, metrics, before) => {
      const reading = { ...unknownReading(), ...gauges, totals: Float64Array.from(totals), processCount: 3 };
      const sample = toSample(reading, { ...time, elapsedSeconds: 1 }, metrics, before, 1e9);
      // The second has the shape of the first.
      for (const _ of [1, 2]) {
        const told = toTaskMetrics(reading, time, metrics, before, 1e9);
        assert.equal(JSON.stringify(told), JSON.stringify(taskMetrics(sample)));
      }
    },
  ));
});
