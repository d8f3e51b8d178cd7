import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeColumn, encodeColumn } from "../../../render/page/column_codec.ts";
import { escapeHtml, markup, scriptJson } from "../../../render/page/html.ts";
import { packLanes } from "../../../render/page/lanes.ts";
import { barsOf, executablesOf } from "../../../render/page/pack_run.ts";
import type { ProcessBar } from "../../../render/page/pack_run.ts";
import { rates } from "../../../render/plot/rates.ts";
import { clippedTitle, titlesOf } from "../../../render/plot/titles.ts";
import type { RecordedRun } from "../../../records/recorded_run.ts";
import { madeRun } from "../support/made_run.ts";

describe("columns of a page", () => {
  test("come back as they were, what is unknown included", () => {
    const number = fc.oneof(fc.maxSafeInteger().map((n) => Math.floor(n / 4)), fc.nat(100), fc.constant(NaN));
    fc.assert(fc.property(fc.array(number, { maxLength: 500 }), (values) => {
      const bytes = encodeColumn(values, 1);
      assert.deepEqual([...decodeColumn(bytes, values.length, 1)], values);
    }));
  });

  test("keep a millionth of a second and a hundredth of a percent", () => {
    fc.assert(fc.property(fc.array(fc.nat(1e12)), (micros) => {
      const values = micros.map((one) => one / 1e6);
      assert.deepEqual([...decodeColumn(encodeColumn(values, 1e6), values.length, 1e6)], values);
    }));
  });

  test("take a byte where little changes", () => {
    assert.equal(encodeColumn(new Array(1_000).fill(5e9), 1).length, 1_000 + 4);
  });
});

describe("bars on lanes", () => {
  test("never meet, and need as many lanes as there are bars at once", () => {
    const bars = fc.array(fc.tuple(fc.nat(1_000), fc.integer({ min: 1, max: 100 })), { maxLength: 300 });
    fc.assert(fc.property(bars, (list) => {
      const sorted = list.toSorted((a, b) => a[0] - b[0]);
      const starts = sorted.map(([start]) => start);
      const ends = sorted.map(([start, lived]) => start + lived);
      const lanes = packLanes(starts, ends);
      const busyUntil: number[] = [];
      sorted.forEach(([start], index) => {
        assert.ok((busyUntil[lanes[index]] ?? 0) <= start, "two bars meet");
        busyUntil[lanes[index]] = ends[index];
      });
      const atOnce = starts.map((start) =>
        starts.filter((other, index) => other <= start && ends[index] > start).length
      );
      assert.equal(busyUntil.length, Math.max(0, ...atOnce));
    }));
  });
});

test("rates are made of two samples, the first since the start; a counter that falls gives none", () => {
  const times = Float64Array.from([1, 2, 4, 5, 6, 6]);
  const counter = Float64Array.from([10, 30, 30, NaN, 50, 60]);
  assert.deepEqual([...rates(times, counter)], [10, 20, 0, NaN, NaN, NaN]);
  assert.deepEqual([...rates(Float64Array.from([1, 2]), Float64Array.from([5, 3]))], [5, NaN]);
});

test("executables stand by their CPU; one whose end was not read makes the sum a lower bound", () => {
  const bar = (
    name: string,
    cpuSeconds: number | null,
    quality: ProcessBar["quality"] = "exact",
  ): ProcessBar => ({
    name,
    command: null,
    pid: 1,
    parentPid: null,
    startSeconds: 0,
    livedSeconds: 1,
    cpuSeconds,
    peakMemoryBytes: cpuSeconds === null ? null : cpuSeconds * 100,
    end: null,
    quality,
  });
  const bars = [bar("sh", 1), bar("cc", 2), bar("cc", 3, "lower_bound"), bar("x", null)];
  assert.deepEqual(executablesOf(bars), [
    { name: "cc", count: 2, cpuSeconds: 5, exact: false, peakMemoryBytes: 300 },
    { name: "sh", count: 1, cpuSeconds: 1, exact: true, peakMemoryBytes: 100 },
    { name: "x", count: 1, cpuSeconds: 0, exact: false, peakMemoryBytes: null },
  ]);
});

describe("foreign text in a page", () => {
  test("is text", () => {
    assert.equal(
      markup`<p title="${'"><b>'}">${"<i>&'"}</p>${[markup`<br>`]}`.text,
      '<p title="&quot;&gt;&lt;b&gt;">&lt;i&gt;&amp;&#39;</p><br>',
    );
  });

  test("never keeps a character that means something, or that HTML cannot have", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      const escaped = escapeHtml(text);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(escaped, /[<>"'\x00-\x08\x0b\x0c\x0e-\x1f]/);
    }));
  });

  test("in JSON comes back as it was, and never ends its element", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      const { text: json } = scriptJson({ text, more: "</script><!--" });
      assert.doesNotMatch(json, /</);
      assert.equal(JSON.parse(json).text, text);
    }));
  });
});

test("runs of one name are told apart by their files, and by numbers", async () => {
  const run = (name: string, file: string) => ({ ...made, start: { ...made.start, name }, file });
  const made = await madeRun();
  assert.deepEqual(titlesOf([run("a", "x"), run("b", "x")]), ["a", "b"]);
  assert.deepEqual(titlesOf([run("a", "x"), run("b", "x"), run("a", "y")]), ["a (x)", "b", "a (y)"]);
  assert.deepEqual(titlesOf([run("a", "x"), run("a", "x"), run("a", "y")]), [
    "a (x) #1",
    "a (x) #2",
    "a (y)",
  ]);
});

test("a title is cut where it tells nothing apart", () => {
  const title = "sh -c i=0; while true (a.jsonl) #12";
  assert.equal(clippedTitle(title, 100), title);
  assert.equal(clippedTitle(title, 24), "sh -c i=0… (a.jsonl) #12");
  assert.equal(clippedTitle("make -j4 all install", 10), "make -j4…");
  for (let length = 1; length < 40; length++) assert.ok(clippedTitle(title, length).length <= length);
});

test("a process whose end was told of late stands where it began, behind its parent", () => {
  const told = (
    name: string,
    timestamp: string,
    elapsed_seconds: number,
    start_time: string,
    uptime_seconds: number,
  ) => ({
    name,
    timestamp: `2026-01-31T12:00:${timestamp}Z`,
    elapsed_seconds,
    start_time: `2026-01-31T12:00:${start_time}Z`,
    uptime_seconds,
  });
  const processes = [
    told("late", "01.200", 1.2, "00.100", 0.25),
    told("parent", "03.000", 3, "00.000", 3),
    // The clock of the day was set by an hour meanwhile.
    { ...told("set", "01.000", 1, "00.500", 0.5), start_time: "2026-01-31T11:00:00.500Z" },
  ];
  const bars = barsOf({ processes, unended: [] } as unknown as RecordedRun);
  assert.deepEqual(bars.map(({ name, startSeconds }) => [name, Number(startSeconds.toFixed(6))]), [
    ["parent", 0],
    ["late", 0.1],
    ["set", 0.5],
  ]);
});
