import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fitRight, fitText, textRows, widthOf } from "../../../render/screen/fit_text.ts";

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

test("a text goes on in the next row, words whole where that can be, and nothing but blanks is lost", () => {
  assert.deepEqual(textRows("one two three", 20), ["one two three"]);
  assert.deepEqual(textRows("one two three", 9), ["one two", "three"]);
  assert.deepEqual(textRows("one two three", 7), ["one two", "three"]);
  assert.deepEqual(textRows("a longerthanarow", 6), ["a long", "erthan", "arow"]);
  assert.deepEqual(textRows("", 5), [""]);
  const shape = fc.record({
    text: fc.string({ unit: fc.constantFrom("a", "b", " ", "日", "é") }),
    columns: fc.integer({ min: 2, max: 30 }),
  });
  fc.assert(fc.property(shape, ({ text, columns }) => {
    const rows = textRows(text, columns);
    assert.ok(rows.length >= 1 && rows.every((row) => widthOf(row) <= columns), JSON.stringify(rows));
    assert.equal(rows.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
  }));
});
