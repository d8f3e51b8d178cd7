/* What makes foreign text safe for a terminal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { printable, printableJson } from "../../core/printable.ts";
import { printableLine } from "../../core/printable_line.ts";

/** By Unicode's own properties: controls, what has to do with the direction of writing, and separators of lines. */
const STEERS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
/** Written out as well, though they steer nothing: marks of no width, those of annotations, and tags. */
const UNSEEN = /[\u200b\u2060\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;
/** Pieces that attacks are made of, among anything else. */
const text = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "\x1b[2J",
      "\x1b]0;title\x07",
      "\x1b]8;;http://x\x1b\\",
      "\x9b31m",
      "\r",
      "\n",
      "\t",
      "\x1b[8m",
      "\x1b[1;38;5;0m",
      "\x1b[31m",
      "\x1b[0;1;92m",
      "\u202e",
      "\u061c",
      "\x7f",
    ),
  ),
).map((pieces) => pieces.join(""));

describe("what reaches a terminal", () => {
  test("has nothing in it that steers", () => {
    fc.assert(fc.property(text, (input) => {
      assert.doesNotMatch(printable(input), STEERS);
      assert.doesNotMatch(printableJson(input), STEERS);
      // Colours of letters, bold and their end are all that is left of escape sequences.
      // deno-lint-ignore no-control-regex
      const rest = printableLine(input).replace(/\x1b\[(?:[01]|0?1|22|3[1-79]|9[0-7]|0|;)*m/g, "");
      assert.doesNotMatch(rest, STEERS);
      assert.doesNotMatch(printableLine(input, false), STEERS);
    }));
  });

  test("loses nothing that is harmless, and as JSON nothing at all", () => {
    fc.assert(fc.property(text, (input) => {
      assert.equal(JSON.parse(printableJson(input)), input);
      const harmless = [...input].filter((character) => !STEERS.test(character) && !UNSEEN.test(character))
        .join("");
      assert.equal(printable(harmless), harmless);
    }));
  });

  test("keeps colours of letters, and none that could hide them", () => {
    assert.equal(printableLine("\x1b[1;31mred\x1b[m\x1b[0m"), "\x1b[1;31mred\x1b[m\x1b[0m\x1b[0m");
    for (const hiding of ["8", "30", "1;8", "40", "38;5;0", "38:2::0:0:0", "48;2;0;0;0", "107"]) {
      assert.equal(printableLine(`a\x1b[${hiding}mb`), "ab", hiding);
    }
    assert.equal(printableLine("\x1b[31mred", false), "red");
  });

  test("tells of a carriage return, but for that of a line's end", () => {
    assert.equal(printableLine("ok\r\rforged\r"), "ok\\x0d\\x0dforged");
    assert.equal(printableLine("100%\r"), "100%");
    assert.equal(printable("\u202eabc\u2028\x85"), "\\u202eabc\\u2028\\x85");
  });
});
