import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { METRIC_NAMES } from "../../../core/measure/metrics.ts";
import type { ProctorRecord, SampleRecord } from "../../../core/schema/record.ts";
import { csv } from "../../../records/formats/csv.ts";

const SAMPLE: SampleRecord = {
  kind: "sample",
  timestamp: "2026-01-02T03:04:05.678Z",
  elapsed_seconds: 1.5,
  interval_seconds: 0.5,
  uptime_seconds: 1.5,
  process_count: 2,
  cpu_percent: 12.5,
  cpu_seconds: 0,
  memory_bytes: null,
};
const METRICS = METRIC_NAMES.filter((name) => ["cpu_percent", "cpu_seconds", "memory_bytes"].includes(name));

describe("the CSV exporter", () => {
  test("writes a header once, then a row per sample", () => {
    const exporter = csv(METRICS, false);
    assert.equal(
      exporter.format(SAMPLE) + exporter.format(SAMPLE),
      "timestamp,elapsed_seconds,interval_seconds,uptime_seconds,process_count,cpu_percent,cpu_seconds,memory_bytes\n" +
        "2026-01-02T03:04:05.678Z,1.5,0.5,1.5,2,12.5,0,\n".repeat(2),
    );
  });

  test("gives other kinds no row, but the header comes with the first of them", () => {
    const exporter = csv(METRICS, false);
    const other = { kind: "start" } as ProctorRecord;
    assert.match(exporter.format(other), /^timestamp,[^\n]*\n$/);
    assert.equal(exporter.format(other), "");
    assert.equal(exporter.format({ kind: "summary" } as ProctorRecord), "");
  });

  test("quotes what needs it", () => {
    const row = {
      pid: 7,
      parent_pid: 1,
      start_time: SAMPLE.timestamp,
      name: 'a, "b"',
      command: "line\nbreak\r",
      uptime_seconds: 1,
    };
    const text = csv(METRICS, true).format({ ...SAMPLE, processes: [row] });
    assert.ok(text.includes('"a, ""b"""'), text);
    assert.ok(text.includes('"line\nbreak\r"'), text);
  });

  const rowOf = (command: string, name = "x") => ({
    ...SAMPLE,
    processes: [{ pid: 7, parent_pid: 1, start_time: SAMPLE.timestamp, name, command, uptime_seconds: 1 }],
  });

  test("a lone carriage return stays within its field", () => {
    const text = csv(METRICS, true).format(rowOf("real\rforged"));
    assert.ok(text.includes(',"real\rforged",'), JSON.stringify(text));
  });

  test("formulas stay as they are, unless they are to be harmless", () => {
    for (const formula of ["=HYPERLINK(1)", "+1", "-2", "@SUM(A1)", "\tx"]) {
      const [plain, safe] = [{}, { safe: true }].map((options) =>
        csv(METRICS, true, options).format(rowOf(formula))
      );
      assert.ok(!plain.includes(`'${formula}`) && plain.includes(formula), plain);
      assert.ok(safe.includes(`'${formula}`), safe);
      assert.ok(safe.includes("12.5,0,"), "numbers stay numbers");
    }
  });

  test("on a terminal nothing steers it", () => {
    const shown = csv(METRICS, true, { isShown: true }).format(rowOf("a\x1b[8mb\u202ec"));
    assert.ok(shown.includes("a\\x1b[8mb\\u202ec"), shown);
  });

  test("two exporters have a header each", () => {
    const [one, other] = [csv(METRICS, false), csv(METRICS, false)];
    assert.equal(one.format(SAMPLE), other.format(SAMPLE));
  });
});
