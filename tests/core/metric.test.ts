import assert from "node:assert/strict";
import { test } from "node:test";
import { METRIC_GROUPS, METRIC_NAMES, metricsOf, OPTIONAL_METRICS } from "../../core/metric.ts";
import type { MetricGroup } from "../../core/metric.ts";
import { sampleRecordSchema } from "../../core/record.ts";

test("every metric belongs to exactly one group, but for those that are asked for by name", () => {
  const grouped: string[] = Object.values(METRIC_GROUPS).flat();
  assert.deepEqual([...grouped, ...OPTIONAL_METRICS].toSorted(), METRIC_NAMES.toSorted());
});

test("the seeds' own names are there", () => {
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
  const all = METRIC_NAMES.filter((name) => !(OPTIONAL_METRICS as readonly string[]).includes(name));
  assert.deepEqual(metricsOf(Object.keys(METRIC_GROUPS).reverse() as MetricGroup[]), all);
  assert.deepEqual(metricsOf([]), []);
});
