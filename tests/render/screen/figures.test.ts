import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { shortBytes, shortPercent } from "../../../render/screen/figures.ts";

test("bytes have three digits and a letter, nothing is nothing, and what is unknown is said", () => {
  const words = [0, 0.4, 1, 999, 1_000, 1_536, 10_239, 1_023_999, 1_048_576, 5.5e9].map(shortBytes);
  assert.deepEqual(words, [
    "",
    "",
    "1 B",
    "999 B",
    "0.98 K",
    "1.50 K",
    "10.0 K",
    "0.98 M",
    "1.00 M",
    "5.12 G",
  ]);
  assert.equal(shortBytes(NaN), "-");
});

test("property: a column of bytes has its letters below each other", () => {
  fc.assert(fc.property(fc.double({ min: 0.5, max: 1e17, noNaN: true }), (bytes) => {
    assert.match(shortBytes(bytes), /^(?:\d{1,3} B|(?:\d\.\d\d|\d\d\.\d|\d{3}) [KMGTP])$/);
  }));
});

test("percents that round to none are nothing", () => {
  assert.deepEqual([0, 0.04, 0.05, 99.94, 1_234.5, NaN].map(shortPercent), [
    "",
    "",
    "0.1",
    "99.9",
    "1235",
    "-",
  ]);
});
