import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { METRIC_NAMES } from "../../../core/measure/metrics.ts";
import type { MetricName } from "../../../core/measure/metrics.ts";
import { profileMetrics, profiles } from "../../../core/measure/profile.ts";
import { RunMessages } from "../../../core/measure/run_messages.ts";
import type { SampleRecord, StartRecord, SummaryRecord } from "../../../core/schema/record.ts";
import { taskMessageSchema } from "../../../core/schema/task_message.ts";
import type { TaskMessage } from "../../../core/schema/task_message.ts";
import { assertNear } from "../../support/expect.ts";

const ALL = profileMetrics(profiles.standard);
const time = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1_000).toISOString();

/** One step of a run: how long it takes, the CPU and bytes it uses, and what it holds at its end. */
const step = fc.record({
  ms: fc.integer({ min: 10, max: 5_000 }),
  cpuMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
  memory: fc.integer({ min: 1, max: 2 ** 40 }),
  bytes: fc.integer({ min: 0, max: 2 ** 30 }),
});

/** The samples of a run, and the totals after them. */
function samplesOf(
  steps: readonly { ms: number; cpuMs: number; memory: number; bytes: number }[],
): SampleRecord[] {
  let elapsed = 0, cpu = 0, disk = 0;
  return steps.map(({ ms, cpuMs, memory, bytes }) => {
    elapsed += ms / 1_000;
    cpu += cpuMs / 1_000;
    disk += bytes;
    return {
      kind: "sample",
      timestamp: time(elapsed),
      elapsed_seconds: elapsed,
      interval_seconds: ms / 1_000,
      uptime_seconds: elapsed + 1,
      process_count: 2,
      cpu_percent: Math.round(cpuMs / ms * 10_000) / 100,
      cpu_seconds: Math.round(cpu * 1e6) / 1e6,
      memory_bytes: memory,
      disk_read_bytes: disk,
      disk_write_bytes: disk * 2,
      network_rx_bytes: null,
      network_tx_bytes: null,
      thread_count: 3,
      file_descriptor_count: 4,
    };
  });
}

function summaryOf(samples: readonly SampleRecord[], over: Partial<SummaryRecord> = {}): SummaryRecord {
  const last = samples.at(-1);
  const wall_seconds = (last?.elapsed_seconds ?? 0) + 0.02;
  return {
    kind: "summary",
    timestamp: time(wall_seconds),
    outcome: "exited",
    exit_code: 0,
    signal: null,
    wall_seconds,
    cpu_seconds: last?.cpu_seconds ?? 0.01,
    avg_cpu_percent: 50,
    max_cpu_percent: samples.length > 0 ? 75 : null,
    avg_memory_bytes: samples.length > 0 ? 1_000 : null,
    peak_memory_bytes: 2_000,
    disk_read_bytes: 7,
    disk_write_bytes: 8,
    network_rx_bytes: null,
    network_tx_bytes: null,
    leftover_process_count: 0,
    sample_count: samples.length,
    ...over,
  } as SummaryRecord;
}

/** A message, which must be one by the schema. */
function checked(message: TaskMessage | undefined): TaskMessage {
  const { success, data, error } = taskMessageSchema.safeParse(message);
  assert.ok(success, `${error}`);
  assert.deepEqual(data, message);
  return data!;
}

describe("the messages of a run", () => {
  test("aggregate what its samples have told so far", () => {
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const messages = new RunMessages("t", "p", ALL);
      const samples = samplesOf(steps);
      samples.forEach((sample, index) => {
        const { task_id, proplet_id, timestamp, metrics, aggregated, state } = checked(messages.of(sample));
        assert.equal(timestamp, metrics.timestamp);
        assert.deepEqual([task_id, proplet_id, state], ["t", "p", "running"]);
        assert.deepEqual([metrics.timestamp, metrics.cpu_percent], [sample.timestamp, sample.cpu_percent]);
        const seen = samples.slice(0, index + 1);
        assert.equal(aggregated.sample_count, index + 1);
        assert.equal(aggregated.max_memory_usage, Math.max(...seen.map(({ memory_bytes }) => memory_bytes!)));
        assert.equal(aggregated.total_disk_read, sample.disk_read_bytes);
        assert.equal(aggregated.total_disk_write, sample.disk_write_bytes);
        assert.equal(aggregated.total_network_rx, null);
        assert.equal(aggregated.max_cpu_usage, Math.max(...seen.map(({ cpu_percent }) => cpu_percent!)));
        const average = sample.cpu_seconds! / sample.elapsed_seconds * 100;
        assertNear(aggregated.avg_cpu_usage!, average, 0.001, 0.01, "avg_cpu_usage");
      });
    }));
  });

  test("end with the summary's own figures, and the gauges as they were last seen", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
      const messages = new RunMessages("t", "p", ALL);
      const samples = samplesOf(steps);
      for (const sample of samples) messages.of(sample);
      const summary = summaryOf(samples);
      const { metrics, aggregated, state } = checked(messages.of(summary));
      assert.equal(state, "ended");
      assert.deepEqual(aggregated, {
        avg_cpu_usage: 50,
        max_cpu_usage: samples.length > 0 ? 75 : 50,
        avg_memory_usage: summary.avg_memory_bytes,
        max_memory_usage: 2_000,
        total_disk_read: 7,
        total_disk_write: 8,
        total_network_rx: null,
        total_network_tx: null,
        sample_count: samples.length,
      });
      assert.equal(metrics.timestamp, summary.timestamp);
      assert.equal(metrics.cpu_seconds, summary.cpu_seconds);
      assert.equal(metrics.disk_read_bytes, 7);
      const last = samples.at(-1);
      assert.equal(metrics.memory_bytes, last?.memory_bytes ?? null);
      assert.equal(metrics.thread_count, last ? 3 : null);
      assert.equal(metrics.cpu_percent, last?.cpu_percent ?? 50);
      const age = last ? last.uptime_seconds - last.elapsed_seconds : 0;
      assertNear(metrics.uptime_seconds, age + summary.wall_seconds, 0, 1e-6, "uptime_seconds");
    }));
  });

  test("have nothing that the run does not collect", () => {
    const chosen = fc.subarray(METRIC_NAMES as MetricName[]);
    fc.assert(fc.property(chosen, fc.array(step, { maxLength: 3 }), (metrics, steps) => {
      const always = ["timestamp", "uptime_seconds", "process_count"];
      const kept = (sample: SampleRecord) =>
        Object.fromEntries(
          Object.entries(sample).filter(([key]) =>
            metrics.includes(key as MetricName) || always.includes(key) ||
            /^kind$|^elapsed|^interval/.test(key)
          ),
        ) as SampleRecord;
      const messages = new RunMessages("t", "p", metrics);
      const samples = samplesOf(steps).map(kept);
      for (const record of [...samples, summaryOf(samples)]) {
        const message = checked(messages.of(record));
        for (const key of Object.keys(message.metrics)) {
          assert.ok(metrics.includes(key as MetricName) || always.includes(key), key);
        }
        assert.equal("max_cpu_usage" in message.aggregated, metrics.includes("cpu_percent"));
        assert.equal("max_memory_usage" in message.aggregated, metrics.includes("memory_bytes"));
        assert.equal("total_disk_read" in message.aggregated, metrics.includes("disk_read_bytes"));
      }
    }));
  });

  test("say whether the tree has ended, or is only no longer watched", () => {
    const stateOf = (over: Partial<SummaryRecord>) =>
      new RunMessages("t", "p", ALL).of(summaryOf([], over))!.state;
    assert.equal(stateOf({ outcome: "interrupted", leftover_process_count: 2 }), "stopped");
    assert.equal(stateOf({ outcome: "interrupted", leftover_process_count: 0 }), "ended");
    assert.equal(stateOf({ outcome: "failed_to_start", cpu_seconds: null }), "ended");
    assert.equal(new RunMessages("t", "p", ALL).of({ kind: "start" } as StartRecord), undefined);
  });
});
