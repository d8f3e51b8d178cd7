import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { humanCount } from "../../../render/words/units.ts";

test("counts have their thousands apart, as the locale en-US has them", () => {
  for (const value of [0, 999, 1_000, 99_999, 100_000, -1_234, 1_234_567, 12.3456, NaN, Infinity, 1e21]) {
    assert.equal(humanCount(value), value.toLocaleString("en-US"));
  }
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    assert.equal(humanCount(value), value.toLocaleString("en-US"));
  }));
  assert.equal(humanCount(null), humanCount(undefined));
});
