import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { humanCount, humanSeconds } from "../../../render/words/units.ts";

test("counts have their thousands apart, as the locale en-US has them", () => {
  for (const value of [0, 999, 1_000, 99_999, 100_000, -1_234, 1_234_567, 12.3456, NaN, Infinity, 1e21]) {
    assert.equal(humanCount(value), value.toLocaleString("en-US"));
  }
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    assert.equal(humanCount(value), value.toLocaleString("en-US"));
  }));
  assert.equal(humanCount(null), humanCount(undefined));
});

test("a time just below a second has no exponent", () => {
  for (const [seconds, words] of [[0.9994, "999ms"], [0.9996, "1.00s"], [1, "1.00s"]] as const) {
    assert.equal(humanSeconds(seconds), words);
  }
  fc.assert(fc.property(fc.double({ min: 1e-6, max: 10, noNaN: true }), (seconds) => {
    assert.match(humanSeconds(seconds), /^[\d.]+m?s$/);
  }));
});
