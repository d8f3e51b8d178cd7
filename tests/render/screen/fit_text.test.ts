import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fitRight, fitText, widthOf } from "../../../render/screen/fit_text.ts";

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
