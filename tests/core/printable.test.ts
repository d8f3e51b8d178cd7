import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { printable, printableJson } from "../../core/printable.ts";

/** What a terminal obeys instead of showing it: the general categories of controls and of formatting. */
const STEERS = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/u;

describe("printable", () => {
  const cases = [
    ["plain ünïcode 🦊 漢字", "plain ünïcode 🦊 漢字"],
    ["\x1b[8mhidden\x1b[0m", "\\x1b[8mhidden\\x1b[0m"],
    ["\x1b]0;title\x07", "\\x1b]0;title\\x07"],
    ["\x9b31m", "\\x9b31m"],
    ["real\rforged", "real\\x0dforged"],
    ["a\nb\tc\0", "a\\x0ab\\x09c\\x00"],
    ["gpj.\u202eexe", "gpj.\\u202eexe"],
    ["a\u{e0041}b", "a\\u{e0041}b"],
    ["family 👩‍👩‍👧", "family 👩‍👩‍👧"],
  ];
  for (const [text, shown] of cases) test(JSON.stringify(text), () => assert.equal(printable(text), shown));

  test("property: nothing of any text steers a terminal, and what is safe stays", { timeout: 60_000 }, () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = printable(text);
      assert.doesNotMatch(shown, STEERS);
      assert.equal(printable(shown), shown);
    }));
  });
});

test("property: JSON for a terminal is the same value, and steers nothing", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = printableJson(value, indent);
      assert.doesNotMatch(text.replaceAll("\n", ""), STEERS);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
    }),
  );
});
