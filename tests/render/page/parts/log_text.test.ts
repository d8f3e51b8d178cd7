import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { plainText, searched } from "../../../../render/page/parts/log_text.ts";

test("colours, titles and links of a terminal are left out, and what else steers one is not text", () => {
  assert.equal(plainText("\x1b[1;31mred\x1b[0m, \x1b]8;;http://x\x07a link\x1b]8;;\x07"), "red, a link");
  assert.equal(plainText("a\u202eb\x00c\td"), "a\ufffdb\ufffdc\td");
  assert.equal(plainText("\x1b[31"), "\ufffd[31");
});

test("parts what is found from what is not, whatever the case", () => {
  const told = (text: string, wanted: string) =>
    searched(text, wanted).map(({ text, isFound }) => isFound ? `<${text}>` : text).join("|");
  assert.equal(told("GET /a get", "get"), "<GET>| /a |<get>");
  assert.equal(told("none", "get"), "none");
  assert.equal(told("", "get"), "");
  assert.equal(told("a", ""), "a");
  assert.equal(told("a.b axb", "a.b"), "<a.b>| axb");
});

test("loses nothing of a line", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ maxLength: 3 }), (text, wanted) => {
    const parts = searched(text, wanted);
    assert.equal(parts.map((part) => part.text).join(""), text);
    for (const { text, isFound } of parts) {
      if (isFound) assert.equal(text.toLowerCase(), wanted.toLowerCase());
    }
  }));
});
