import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fitRight, fitText, widthOf } from "../../../commands/top/fit_text.ts";
import { Series } from "../../../commands/top/series.ts";
import { cpuScale, memoryScale, sparkline, UNICODE } from "../../../commands/top/sparkline.ts";

test("a series keeps the last values up to its limit, and nothing else", () => {
  const shape = fc.record({
    first: fc.integer({ min: 0, max: 1_000 }),
    limit: fc.integer({ min: 1, max: 200 }),
    count: fc.integer({ min: 0, max: 500 }),
  });
  fc.assert(fc.property(shape, ({ first, limit, count }) => {
    const series = new Series(first, limit);
    for (let index = 0; index < count; index++) series.add(index, index * 1024);
    for (let tick = first - 2; tick < first + count + 2; tick++) {
      const index = tick - first;
      const isKept = index >= 0 && index < count && index >= count - limit;
      assert.equal(series.cpuAt(tick), isKept ? index : NaN);
      assert.equal(series.memoryAt(tick), isKept ? index * 1024 : NaN);
    }
  }));
});

test("a sparkline goes from the lowest bar to the highest, and is blank where nothing is known", () => {
  assert.equal(sparkline([0, 12.4, 12.5, 50, 99, 100, 150, NaN], 0, 100, UNICODE), "▁▁▂▅███ ");
  assert.deepEqual(cpuScale([5, NaN]), [0, 100]);
  assert.deepEqual(cpuScale([5, 250]), [0, 250]);
  assert.deepEqual(memoryScale([100, 100]), [100, 110]);
  assert.deepEqual(memoryScale([100, 300, NaN]), [100, 330 - 30]);
  assert.deepEqual(memoryScale([]), [0, 1]);
});

test("a text fits its columns exactly, wide characters and all", () => {
  assert.equal(fitText("abc", 5, "…"), "abc  ");
  assert.equal(fitText("abcdef", 5, "…"), "abcd…");
  assert.equal(fitText("日本語", 5, "…"), "日本…");
  assert.equal(fitText("日本語", 4, "…"), "日… ");
  assert.equal(fitRight("7", 3, ""), "  7");
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 30 }), (text, columns) => {
    if (/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text)) return;
    assert.equal(widthOf(fitText(text, columns, "…")), columns);
  }));
});
