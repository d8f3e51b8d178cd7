import assert from "node:assert/strict";
import { test } from "node:test";
import { momentWords, zoneWords } from "../../../../render/page/parts/time_words.ts";

/** A clock that is so far from UTC. */
const clock = (minutes: number) => ({ getTimezoneOffset: () => -minutes }) as Date;

test("a clock says how far it is from UTC, to the minute", () => {
  assert.deepEqual([0, 60, 345, -210, -720].map((minutes) => zoneWords(clock(minutes))), [
    "UTC",
    "UTC+1",
    "UTC+5:45",
    "UTC-3:30",
    "UTC-12",
  ]);
});

test("a moment has its date, its time and whose time that is", () => {
  const at = Date.UTC(2026, 10, 30, 18, 17, 13);
  const words = momentWords(at);
  assert.match(words, /^2026-1[12]-\d\d \d\d:\d\d:13 UTC([+-]\d+(:\d\d)?)?$/);
  assert.equal(momentWords(new Date(at).toISOString()), words);
});
