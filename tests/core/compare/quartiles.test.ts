import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { quartilesOf } from "../../../core/compare/quartiles.ts";

test("quartiles are those of R and NumPy", () => {
  assert.deepEqual(quartilesOf([4, 1, 3, 2]), { low: 1.75, median: 2.5, high: 3.25 });
  assert.deepEqual(quartilesOf([7, 15, 36, 39, 40, 41]), { low: 20.25, median: 37.5, high: 39.75 });
  assert.deepEqual(quartilesOf([5]), { low: 5, median: 5, high: 5 });
});

test("they rise, and lie within the values", () => {
  fc.assert(fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
    const { low, median, high } = quartilesOf(values);
    const rising = [Math.min(...values), low, median, high, Math.max(...values)];
    assert.deepEqual(rising, rising.toSorted((a, b) => a - b));
  }));
});
