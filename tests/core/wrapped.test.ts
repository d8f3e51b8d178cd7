import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { wrapped } from "../../core/wrapped.ts";

test("words stand in lines below one another", () => {
  assert.equal(wrapped("one two three", 9, "a: "), "a: one\n   two\n   three");
  assert.equal(wrapped("one two three", 10, "a: "), "a: one two\n   three");
  assert.equal(wrapped("one", 2), "one");
});

test("property: no word is lost, and a line is wider than it may be only for one long word", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
  fc.assert(
    fc.property(
      words,
      fc.integer({ min: 5, max: 40 }),
      fc.stringMatching(/^.{0,4}$/),
      (list, width, lead) => {
        const lines = wrapped(list.join(" "), width, lead).split("\n").map((line) => line.slice(lead.length));
        assert.deepEqual(lines.flatMap((line) => line.split(" ")), list);
        for (const line of lines) assert.ok(lead.length + line.length <= width || !line.includes(" "));
      },
    ),
  );
});
