import assert from "node:assert/strict";
import { test } from "node:test";
import { outliersOf } from "../../../core/compare/outliers.ts";

test("what is far from the median of the others is found, on both sides", () => {
  assert.deepEqual(outliersOf([5, 1, 1.01, 0.99, 1.02, 1]), [0]);
  assert.deepEqual(outliersOf([1, 1.01, 0.99, 0.2, 1.02, 1]), [3]);
});

test("two that are off do not hide each other", () => {
  assert.deepEqual(outliersOf([1, 1.01, 0.99, 3, 1.02, 3.1, 1]), [3, 5]);
});

test("ordinary noise, little differences and few runs are none", () => {
  assert.deepEqual(outliersOf([1, 1.1, 0.9, 1.05, 0.95, 1.15]), []);
  // All alike but one, by three percent: it stands out, and does not matter.
  assert.deepEqual(outliersOf([1, 1, 1, 1, 1, 1.03]), []);
  assert.deepEqual(outliersOf([1, 1, 1, 9]), []);
  assert.deepEqual(outliersOf([0, 0, 0, 0, 0, 0]), []);
});
