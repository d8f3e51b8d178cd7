import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { taskMessageJsonSchema, taskMessageSchema, taskMetrics } from "../../../core/schema/task_message.ts";
import type { SampleRecord } from "../../../core/schema/record.ts";

/** The message of docs/specification.md. */
const SPECIFIED = {
  task_id: "uuid",
  proplet_id: "uuid",
  metrics: {
    cpu_percent: 42.5,
    memory_bytes: 67108864,
    memory_percent: 1.5,
    disk_read_bytes: 1048576,
    disk_write_bytes: 524288,
    network_rx_bytes: 4096,
    network_tx_bytes: 8192,
    uptime_seconds: 120,
    thread_count: 4,
    file_descriptor_count: 12,
    timestamp: "2025-01-15T10:30:00.000Z",
  },
  aggregated: {
    avg_cpu_usage: 38.2,
    max_cpu_usage: 65.0,
    avg_memory_usage: 62914560,
    max_memory_usage: 71303168,
    total_disk_read: 2097152,
    total_disk_write: 1048576,
    total_network_rx: 12288,
    total_network_tx: 24576,
    sample_count: 24,
  },
};

describe("a message", () => {
  test("is the specification's, with its time, the state and the count of processes beside it", () => {
    const message = {
      ...SPECIFIED,
      timestamp: SPECIFIED.metrics.timestamp,
      metrics: { ...SPECIFIED.metrics, process_count: 1 },
      state: "running" as const,
    };
    assert.deepEqual(taskMessageSchema.parse(message), message);
  });

  test("has its metrics in the specification's order, and others after them", () => {
    const sample: SampleRecord = {
      kind: "sample",
      elapsed_seconds: 1,
      interval_seconds: 1,
      process_count: 2,
      minor_faults: 5,
      cpu_seconds: null,
      ...SPECIFIED.metrics,
    };
    const metrics = taskMetrics(sample);
    const others = ["process_count", "cpu_seconds", "minor_faults"];
    assert.deepEqual(Object.keys(metrics), [...Object.keys(SPECIFIED.metrics), ...others]);
    assert.equal(metrics.cpu_seconds, null);
  });

  test("has a JSON Schema with the specification's names", () => {
    // deno-lint-ignore no-explicit-any
    const schema = taskMessageJsonSchema() as any;
    for (const part of ["metrics", "aggregated"] as const) {
      const names = Object.keys(schema.properties[part].properties);
      assert.deepEqual(Object.keys(SPECIFIED[part]).filter((name) => !names.includes(name)), []);
    }
  });
});
