import assert from "node:assert/strict";
import { test } from "node:test";
import { METRIC_GROUPS, METRIC_NAMES, METRICS, metricsOf } from "../../../core/measure/metrics.ts";
import type { MetricGroup } from "../../../core/measure/metrics.ts";
import { sampleRecordSchema } from "../../../core/schema/record.ts";

test("the names of the specification are there", () => {
  const names = `cpu_percent memory_bytes memory_percent disk_read_bytes disk_write_bytes network_rx_bytes
    network_tx_bytes thread_count file_descriptor_count`.split(/\s+/);
  for (const name of names) assert.ok((METRIC_NAMES as readonly string[]).includes(name), name);
});

test("every metric is a key of the sample record", () => {
  for (const name of METRIC_NAMES) assert.ok(name in sampleRecordSchema.shape, name);
});

test("groups are chosen in record order, whatever the order they are asked for in", () => {
  assert.deepEqual(
    metricsOf(["memory", "cpu"]),
    METRIC_NAMES.filter((name) => /^cpu_|^memory_(bytes|percent)$|_faults$/.test(name)),
  );
  const all = METRICS.filter(({ group }) => group !== null).map(({ name }) => name);
  assert.deepEqual(metricsOf(Object.keys(METRIC_GROUPS).reverse() as MetricGroup[]), all);
  assert.deepEqual(metricsOf([]), []);
});
