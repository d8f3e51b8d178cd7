import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { againstFastest, seriesResults } from "../../../core/compare/series.ts";
import type { SeriesSet } from "../../../core/compare/series.ts";
import { seriesCsv } from "../../../records/formats/series_csv.ts";
import { seriesMarkup } from "../../../render/text/series_markup.ts";
import { seriesText } from "../../../render/text/series_text.ts";
import { runSet } from "../../core/compare/support/runs.ts";

const series = (label: string, walls: readonly number[], cpus = walls, parameters = {}): SeriesSet => ({
  ...runSet(label, walls.map((wall_seconds, index) => ({ wall_seconds, cpu_seconds: cpus[index] }))),
  parameters,
});
const SLOW = series("slow", [2, 2.1, 1.9, 2, 2.05], [1, 1, 1, 1, 1], { n: "2" });
const FAST = series("fast", [1, 1.1, 0.9, 1, 1.05], [1, 1, 1, 1, 1], { n: "1" });
const text = (...sets: SeriesSet[]) => seriesText(sets, { color: false, hasWarmup: false });

describe("the ranking of a series", () => {
  test("holds all against the fastest, wherever it stands", () => {
    const { fastest, relatives } = againstFastest([SLOW, FAST]);
    assert.equal(fastest, 1);
    assert.equal(relatives[0].wallDifference!.verdict, "more");
    assert.equal(relatives[1].wallDifference, undefined);
    // Means 2.01 and 1.01, deviations 0.0742: by hand 1.990 ± 0.164.
    assert.match(text(SLOW, FAST), /^fast ran\n {2}1\.99 ± 0\.16 times faster than slow\n\n/m);
  });

  test("says no significant change where the test does not see one", () => {
    const near = series("near", [1.02, 1.08, 0.95, 1.01, 1.04]);
    assert.match(text(FAST, near), /times faster than near\n {4}no significant change: /);
  });

  test("does not judge what ran too few times, and knows no deviation of a single run", () => {
    assert.match(
      text(series("one", [1]), series("two", [2])),
      /^one ran\n {2}2\.00 times faster than two\n {4}not tested: a single run; 3 are needed/m,
    );
  });

  test("tells of CPU time that goes the other way", () => {
    const parallel = series("parallel", [1, 1.1, 0.9, 1, 1.05], [4, 4.1, 3.9, 4, 4]);
    assert.match(
      text(series("alone", [2, 2.1, 1.9, 2, 2.05]), parallel),
      /\n {4}with 1\.99 ± \S+ times more CPU\n/,
    );
  });

  test("fits 80 columns, and a label cannot steer a terminal", () => {
    const long = series(`\x1b[2J${"x".repeat(200)}`, [1, 1.1, 0.9, 1, 9]);
    const printed = text(long, SLOW, FAST);
    assert.ok(!printed.includes("\x1b"));
    const wide = printed.split("\n").filter((line) => line.length > 80);
    assert.deepEqual(wide, []);
  });
});

describe("warnings of a series", () => {
  test("a slow first run asks for a warm-up, unless there was one", () => {
    const cold = series("cold", [3, 1, 1.01, 1.02, 0.99, 1]);
    assert.match(text(cold), /The first run was slow: 3\.00s, the median is 1\.00s\. Use --warmup 1/);
    assert.match(
      seriesText([cold], { color: false, hasWarmup: true }),
      /1 of 6 runs is an outlier \(3\.00s; the median is 1\.00s\)/,
    );
  });

  test("other outliers are counted, and ordinary runs give none", () => {
    assert.match(
      text(series("x", [1, 1.01, 0.99, 3, 1.02, 3.1, 1])),
      /2 of 7 runs are outliers \(3\.00s, 3\.10s; /,
    );
    assert.doesNotMatch(text(FAST), /Warning/);
  });
});

describe("exports of a series", () => {
  test("as JSON have every run, and the keys of hyperfine", () => {
    const { results } = seriesResults([SLOW, FAST]);
    const [slow, fast] = results;
    assert.deepEqual(slow.times, [2, 2.1, 1.9, 2, 2.05]);
    assert.deepEqual([slow.command, slow.parameters, slow.runs.length], ["slow", { n: "2" }, 5]);
    assert.ok(Math.abs(slow.mean! - 2.01) < 1e-12 && Math.abs(slow.stddev! - 0.0741619848709566) < 1e-12);
    assert.equal(slow.metrics.cpu_seconds.mean, 1);
    assert.equal(fast.relative!.ratio, 1);
  });

  test("as CSV have a row per command", () => {
    const [head, ...rows] = seriesCsv(seriesResults([SLOW, FAST])).trimEnd().split("\n");
    assert.match(head, /^command,mean,stddev,median,user,system,min,max,parameter_n,wall_seconds_mean,/);
    assert.deepEqual(rows.map((row) => row.split(",")[0]), ["slow", "fast"]);
    assert.equal(rows[0].split(",").length, head.split(",").length);
    assert.equal(rows[0].split(",")[head.split(",").indexOf("parameter_n")], "2");
  });

  test("as tables escape what is a sign there", () => {
    const piped = { ...FAST, label: "a | b" };
    const markdown = seriesMarkup([SLOW, piped], "markdown").trimEnd().split("\n");
    assert.match(markdown[0], /^\| Command \| wall \| range \| CPU \| memory peak \| relative \|$/);
    assert.match(markdown[3], /^\| a \\\| b \| 1\.01s ± 74\.2ms \| .* \| 1\.00 \|$/);
    assert.match(markdown[2], /\| 1\.99 ± 0\.16 \|$/);
    assert.match(seriesMarkup([piped], "asciidoc"), /^\| pass:c\[a \\\| b\]$/m);
  });
});
