import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { metricsNamed, metricWords } from "../../../core/measure/metric_words.ts";
import { METRIC_GROUPS, METRIC_NAMES, METRICS } from "../../../core/measure/metrics.ts";

describe("metrics are named", () => {
  test("by their groups, as profiles have them", () => {
    for (const [group, names] of Object.entries(METRIC_GROUPS)) assert.deepEqual(metricsNamed(group), names);
  });

  test("by their names, with a unit or without one", () => {
    for (const name of METRIC_NAMES) assert.ok(metricsNamed(name).includes(name), name);
    assert.deepEqual(metricsNamed("disk_read"), ["disk_read_bytes"]);
    assert.deepEqual(metricsNamed("thread_count"), ["thread_count"]);
  });

  test("by their labels", () => {
    for (const { name, label } of METRICS) assert.ok(metricsNamed(label).includes(name), label);
    assert.deepEqual(metricsNamed("Minor page faults"), ["minor_faults"]);
  });

  test("by their subjects, and by words of other programs", () => {
    assert.deepEqual(metricsNamed("pss"), ["memory_pss_bytes"]);
    assert.deepEqual(metricsNamed("I/O"), ["io_read_bytes", "io_write_bytes"]);
    assert.deepEqual(metricsNamed("fds"), ["file_descriptor_count"]);
    assert.deepEqual(metricsNamed("switches"), [
      "voluntary_context_switches",
      "involuntary_context_switches",
    ]);
  });

  test("by nothing else", () => {
    for (const word of ["", "zebra", "toString", "constructor", "bytes", "_"]) {
      assert.deepEqual(metricsNamed(word), []);
    }
  });
});

test("every word that is suggested names some", () => {
  for (const word of metricWords()) assert.ok(metricsNamed(word).length > 0, word);
});
