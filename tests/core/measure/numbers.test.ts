import assert from "node:assert/strict";
import { test } from "node:test";
import { count, percent, seconds, timestamp } from "../../../core/measure/numbers.ts";

test("what is unknown becomes null, and zero stays zero", () => {
  for (const convert of [count, percent, seconds]) {
    assert.equal(convert(NaN), null);
    assert.equal(convert(0), 0);
  }
  assert.equal(percent(Infinity), null);
});

test("counts are whole, seconds go to the microsecond, percentages to a hundredth", () => {
  assert.equal(count(41.6), 42);
  assert.equal(count(2 ** 52 + 1), 2 ** 52 + 1);
  assert.equal(seconds(1.23456789), 1.234568);
  assert.equal(percent(12.345678), 12.35);
});

test("a time is RFC 3339 in UTC with milliseconds", () => {
  assert.equal(timestamp(1_736_937_000_000), "2025-01-15T10:30:00.000Z");
  assert.equal(timestamp(1_736_937_000_007.4), "2025-01-15T10:30:00.007Z");
});
