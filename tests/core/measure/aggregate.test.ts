import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Aggregate } from "../../../core/measure/aggregate.ts";
import { metricsOf } from "../../../core/measure/metrics.ts";
import { profileMetrics, profiles } from "../../../core/measure/profile.ts";
import { Total, TOTAL_WIDTH } from "../../../core/measure/raw.ts";
import { unknownReading } from "../../../core/measure/reading.ts";
import type { Reading } from "../../../core/measure/reading.ts";
import { taskAggregateSchema } from "../../../core/schema/task_message.ts";

const ALL = profileMetrics(profiles.standard);

function reading(cpuSeconds: number, memoryBytes = NaN, diskBytes = NaN): Reading {
  const totals = new Float64Array(TOTAL_WIDTH).fill(NaN);
  totals[Total.cpuSeconds] = cpuSeconds;
  totals[Total.diskReadBytes] = diskBytes;
  totals[Total.diskWriteBytes] = diskBytes * 2;
  return {
    ...unknownReading(totals),
    memoryBytes,
    residentBytes: memoryBytes,
    networkRxBytes: diskBytes * 3,
    networkTxBytes: diskBytes * 4,
    threadCount: 1,
    fileDescriptorCount: 3,
    processCount: 1,
  };
}

describe("the aggregated values", () => {
  test("are those of the whole time: CPU over time, memory weighted by it, maxima and totals", () => {
    const aggregate = new Aggregate();
    aggregate.observe(reading(5, 100, 1_000), 0);
    aggregate.observe(reading(6, 100, 1_500), 8);
    aggregate.observeRate(12.5);
    aggregate.observe(reading(7, 300, 2_000), 10);
    aggregate.observeRate(50);
    assert.deepEqual(aggregate.values(ALL), {
      avg_cpu_usage: 20,
      max_cpu_usage: 50,
      avg_memory_usage: (8 * 100 + 2 * 200) / 10,
      max_memory_usage: 300,
      total_disk_read: 2_000,
      total_disk_write: 4_000,
      total_network_rx: 6_000,
      total_network_tx: 8_000,
      sample_count: 2,
    });
  });

  test("of nothing known are null, not zero", () => {
    const values = new Aggregate().values(ALL);
    assert.deepEqual(new Set(Object.values(values)), new Set([null, 0]));
    assert.equal(values.sample_count, 0);
    assert.deepEqual(taskAggregateSchema.parse(values), values);
  });

  test("of metrics that are not collected are left out", () => {
    const keys = Object.keys(new Aggregate().values(metricsOf(["cpu"])));
    assert.deepEqual(keys, ["avg_cpu_usage", "max_cpu_usage", "sample_count"]);
    assert.deepEqual(Object.keys(new Aggregate().values([])), ["sample_count"]);
  });

  test("do not forget a total that can no longer be read", () => {
    const aggregate = new Aggregate();
    aggregate.observe(reading(1, 10, 500), 0);
    aggregate.observe(reading(NaN, NaN, NaN), 1);
    assert.equal(aggregate.values(ALL).total_disk_read, 500);
    assert.equal(aggregate.values(ALL).avg_memory_usage, 10);
  });
});
