import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { METRIC_NAMES } from "../../../core/measure/metrics.ts";
import { profileMetrics, profiles } from "../../../core/measure/profile.ts";
import { Raw, Total, TOTAL_WIDTH, unknownRow } from "../../../core/measure/raw.ts";
import { unknownReading } from "../../../core/measure/reading.ts";
import type { Reading } from "../../../core/measure/reading.ts";
import { cpuPercent, ProcessMetrics, toSample } from "../../../core/measure/sample.ts";
import { sampleRecordSchema } from "../../../core/schema/record.ts";

const time = { timestampMs: 1_736_937_000_000, elapsedSeconds: 12, intervalSeconds: 2, uptimeSeconds: 12.5 };

/** Each total has a number of its own, so that a mix-up shows. */
function knownReading(): Reading {
  return {
    totals: Float64Array.from({ length: TOTAL_WIDTH }, (_, index) => 1_000 + index),
    memoryBytes: 250,
    residentBytes: NaN,
    pssBytes: NaN,
    knownPeakMemoryBytes: 500,
    seenVoluntarySwitches: 2_001,
    seenInvoluntarySwitches: 2_002,
    threadCount: 7,
    fileDescriptorCount: 8,
    networkRxBytes: 3_001,
    networkTxBytes: 3_002,
    loopbackRxBytes: 3_003,
    loopbackTxBytes: 3_004,
    gpuPercent: 62.5,
    gpuMemoryBytes: 3_005,
    processCount: 3,
    catchUpCount: 0,
  };
}

test("a rate is the difference of two readings over the time between them", () => {
  assert.equal(cpuPercent(1, 2, 2), 50);
  assert.equal(cpuPercent(0, 8, 2), 400);
  assert.equal(cpuPercent(3, 3, 1), 0);
});

test("a rate is unknown when either end is, or when time stood still", () => {
  assert.ok(Number.isNaN(cpuPercent(NaN, 2, 1)));
  assert.ok(Number.isNaN(cpuPercent(1, NaN, 1)));
  assert.ok(Number.isNaN(cpuPercent(1, 2, 0)));
});

test("a counter that went backwards gives no rate", () => {
  assert.ok(Number.isNaN(cpuPercent(2, 1, 1)));
});

test("every metric comes from its own total", () => {
  const reading = knownReading();
  const sample = toSample(reading, time, METRIC_NAMES, 998, 1_000);
  assert.equal(sample.cpu_percent, 100);
  assert.equal(sample.cpu_seconds, 1_000 + Total.cpuSeconds);
  assert.equal(sample.memory_bytes, 250);
  assert.equal(sample.memory_percent, 25);
  assert.equal(sample.disk_read_bytes, 1_000 + Total.diskReadBytes);
  assert.equal(sample.disk_write_bytes, 1_000 + Total.diskWriteBytes);
  assert.equal(sample.io_read_bytes, 1_000 + Total.ioReadBytes);
  assert.equal(sample.io_write_bytes, 1_000 + Total.ioWriteBytes);
  assert.equal(sample.thread_count, 7);
  assert.equal(sample.file_descriptor_count, 8);
  assert.equal(sample.minor_faults, 1_000 + Total.minorFaults);
  assert.equal(sample.major_faults, 1_000 + Total.majorFaults);
  assert.equal(sample.voluntary_context_switches, 2_001);
  assert.equal(sample.involuntary_context_switches, 2_002);
  assert.equal(sample.gpu_percent, 62.5);
  assert.equal(sample.gpu_memory_bytes, 3_005);
  assert.equal(sample.process_count, 3);
  assert.equal(sample.timestamp, "2025-01-15T10:30:00.000Z");
  assert.equal(sample.elapsed_seconds, 12);
  assert.equal(sample.interval_seconds, 2);
  assert.equal(sample.uptime_seconds, 12.5);
});

test("what a profile does not collect is left out; what it collects and cannot read is null", () => {
  const sample = toSample(unknownReading(), time, profileMetrics(profiles.minimal), NaN, 1_000);
  const metrics = METRIC_NAMES.filter((name) => name in sample);
  assert.deepEqual(metrics, [
    "cpu_percent",
    "cpu_seconds",
    "memory_bytes",
    "memory_percent",
    "minor_faults",
    "major_faults",
  ]);
  for (const name of metrics) assert.equal(sample[name], null, name);
});

test("metrics stand in record order", () => {
  const sample = toSample(knownReading(), time, METRIC_NAMES, 0, 1);
  assert.deepEqual(
    Object.keys(sample).filter((key) => (METRIC_NAMES as readonly string[]).includes(key)),
    METRIC_NAMES,
  );
});

test("a process's own metrics leave its reaped children to themselves", () => {
  const row = unknownRow();
  row[Raw.cpuSeconds] = 3;
  row[Raw.reapedCpuSeconds] = 100;
  row[Raw.minorFaults] = 4;
  row[Raw.reapedMinorFaults] = 100;
  row[Raw.memoryBytes] = 512;
  row[Raw.threadCount] = 2;
  row[Raw.fileDescriptorCount] = 5;
  row[Raw.voluntarySwitches] = 6;
  const metrics = new ProcessMetrics(METRIC_NAMES);
  const values = { ...metrics.unknown };
  metrics.set(values, row, 2, 4, 1_024, false);
  assert.equal(values.cpu_seconds, 3);
  assert.equal(values.cpu_percent, 25);
  assert.equal(values.minor_faults, 4);
  assert.equal(values.memory_percent, 50);
  assert.equal(values.thread_count, 2);
  assert.equal(values.disk_read_bytes, null);
  assert.equal(values.file_descriptor_count, null, "what was read a while ago is not told as of now");
  assert.equal(values.voluntary_context_switches, null);
  const fresh = { ...metrics.unknown };
  metrics.set(fresh, row, 2, 4, 1_024, true);
  assert.equal(fresh.file_descriptor_count, 5);
  assert.equal(fresh.voluntary_context_switches, 6);
});

test("property: whatever is known or not, a sample is a valid record and free of NaN", () => {
  const value = fc.oneof(fc.constant(NaN), fc.double({ min: 0, max: 1e15, noNaN: true }));
  const gauges = fc.tuple(value, value, value);
  fc.assert(
    fc.property(
      fc.array(value, { minLength: TOTAL_WIDTH, maxLength: TOTAL_WIDTH }),
      gauges,
      (totals, gauges) => {
        const [memoryBytes, threadCount, fileDescriptorCount] = gauges;
        const reading = {
          ...unknownReading(),
          totals: Float64Array.from(totals),
          memoryBytes,
          threadCount,
          fileDescriptorCount,
        };
        const before = totals[Total.cpuSeconds] / 2;
        const sample = toSample(reading, time, METRIC_NAMES, before, 1e9);
        sampleRecordSchema.parse(sample);
        assert.ok(!JSON.stringify(sample).includes("NaN"));
        assert.equal(sample.memory_bytes === null, Number.isNaN(memoryBytes));
      },
    ),
  );
});
