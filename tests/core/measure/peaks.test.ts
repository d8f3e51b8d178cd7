import assert from "node:assert/strict";
import { test } from "node:test";
import { Peaks } from "../../../core/measure/peaks.ts";

test("keeps the highest of each stretch, and nulls where nothing was known", () => {
  const peaks = new Peaks(4, 10);
  for (const [at, value] of [[100, 1], [104, 7], [109, 3], [111, null], [125, 2]] as const) {
    peaks.take(at, value);
  }
  assert.deepEqual(peaks.valuesAt(129), [null, 7, null, 2]);
  assert.deepEqual(peaks.valuesAt(131), [7, null, 2, null]);
  assert.deepEqual(peaks.valuesAt(10_000), [null, null, null, null]);
});

test("zero is known, and a clock that goes back changes only the latest stretch", () => {
  const peaks = new Peaks(2, 10);
  peaks.take(20, 0);
  peaks.take(5, 4);
  assert.deepEqual(peaks.valuesAt(5), [null, 4]);
});

test("a mean is known of each stretch it was taken over, but of none before, nor of more than are kept", () => {
  const peaks = new Peaks(4, 10);
  peaks.take(105, 3);
  peaks.take(129, 2, 105);
  assert.deepEqual(peaks.valuesAt(129), [null, 3, 2, 2]);
  peaks.take(131, 1, 129);
  assert.deepEqual(peaks.valuesAt(131), [3, 2, 2, 1]);
  peaks.take(500, 7, 131);
  assert.deepEqual(peaks.valuesAt(500), [7, 7, 7, 7]);
});

test("goes on from what another has known", () => {
  const one = new Peaks(3, 10);
  one.take(10, 5);
  one.take(20, 6);
  const other = new Peaks(3, 10);
  other.restore(25, one.valuesAt(25));
  other.take(28, 9);
  other.take(31, 1);
  assert.deepEqual(other.valuesAt(31), [5, 9, 1]);
  const shorter = new Peaks(3, 10);
  shorter.restore(25, [8]);
  assert.deepEqual(shorter.valuesAt(25), [null, null, 8]);
});
