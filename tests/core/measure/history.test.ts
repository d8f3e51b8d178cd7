import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { History } from "../../../core/measure/history.ts";
import { METRIC, METRIC_NAMES, metricsOf } from "../../../core/measure/metrics.ts";
import { profileMetrics, profiles } from "../../../core/measure/profile.ts";
import { taskMetricsSchema } from "../../../core/schema/task_message.ts";
import type { TaskMetrics } from "../../../core/schema/task_message.ts";

const METRICS = metricsOf(["cpu", "memory", "disk"]);
const count = fc.option(
  fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32)),
);
const hundredths = fc.option(fc.nat(640_000).map((value) => value / 100));
const micros = fc.nat().map((value) => value / 1e6);
const KINDS = { percent: hundredths, seconds: fc.option(micros), bytes: count, count };
const sample = fc.record({
  ...Object.fromEntries(METRICS.map((name) => [name, KINDS[METRIC[name].unit]])),
  uptime_seconds: micros,
  timestamp: fc.date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true }).map((date) =>
    date.toISOString()
  ),
  process_count: fc.nat(4_000_000),
}, { noNullPrototype: true }) as fc.Arbitrary<TaskMetrics>;

function busy(index: number, scale: number): TaskMetrics {
  const values = METRIC_NAMES.map((name) => [name, name.endsWith("_percent") ? 12.34 : index * scale]);
  return {
    ...Object.fromEntries(values),
    uptime_seconds: index,
    timestamp: new Date(1.7e12 + index).toISOString(),
    process_count: 3,
  };
}

describe("a history", () => {
  test("gives back the newest samples as they were, the oldest first", () => {
    fc.assert(fc.property(fc.nat(40), fc.array(sample, { maxLength: 120 }), (size, samples) => {
      const history = new History(size, METRICS);
      samples.forEach((each) => history.push(each));
      assert.deepEqual(history.toArray(), size === 0 ? [] : samples.slice(-size));
      assert.equal(history.length, Math.min(size, samples.length));
    }));
  });

  test("keeps the newest when its size changes", () => {
    const sizes = fc.tuple(fc.nat(20), fc.nat(20));
    fc.assert(fc.property(sizes, fc.array(sample, { maxLength: 60 }), ([before, after], samples) => {
      const history = new History(before, METRICS);
      samples.forEach((each) => history.push(each));
      const kept = Math.min(before, after);
      assert.deepEqual(history.resized(after, METRICS).toArray(), kept === 0 ? [] : samples.slice(-kept));
    }));
  });

  test("has null for what was not collected before, and leaves out what no longer is", () => {
    const history = new History(5, metricsOf(["cpu", "disk"]));
    history.push(busy(1, 1));
    const [only] = history.resized(5, metricsOf(["cpu", "threads"])).toArray();
    assert.equal(only.cpu_percent, 12.34);
    assert.equal(only.thread_count, null);
    assert.ok(!("disk_read_bytes" in only));
  });

  test("of a thousand samples of every metric takes less than 100 KB, with large numbers less than 150", () => {
    const metrics = profileMetrics(profiles.intensive);
    const [usual, large] = [new History(1_000, metrics), new History(1_000, metrics)];
    for (let index = 0; index < 2_500; index++) {
      usual.push(busy(index, 1_000));
      large.push(busy(index, 1e12));
    }
    assert.equal(usual.length, 1_000);
    assert.ok(usual.byteLength < 100_000, `${usual.byteLength} bytes`);
    assert.ok(large.byteLength < 150_000, `${large.byteLength} bytes`);
  });

  test("that is young takes little", () => {
    const history = new History(1_000, profileMetrics(profiles.intensive));
    assert.equal(history.byteLength, 0);
    history.push(busy(1, 1));
    assert.ok(history.byteLength < 2_500, `${history.byteLength} bytes`);
  });

  test("gives samples that are the metrics of a message", () => {
    const history = new History(2, METRIC_NAMES);
    history.push(busy(7, 1));
    assert.deepEqual(taskMetricsSchema.parse(history.toArray()[0]), history.toArray()[0]);
  });
});
