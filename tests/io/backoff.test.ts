import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Backoff } from "../../io/backoff.ts";

test("delays double up to the longest, and half of each is left to chance", () => {
  const delays = (random: number) => {
    const backoff = new Backoff(100, 3_000, () => random);
    return Array.from({ length: 8 }, () => backoff.nextMs());
  };
  assert.deepEqual(delays(1), [100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000]);
  assert.deepEqual(delays(0), [50, 100, 200, 400, 800, 1_500, 1_500, 1_500]);
});

test("after a success it begins anew", () => {
  const backoff = new Backoff(100, 3_000, () => 1);
  for (let times = 0; times < 5; times++) backoff.nextMs();
  backoff.reset();
  assert.equal(backoff.nextMs(), 100);
});

test("however often it failed, the delay is positive and bounded", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (failures) => {
      const backoff = new Backoff();
      let delay = 0;
      for (let times = 0; times < failures; times++) delay = backoff.nextMs();
      assert.ok(delay >= 250 && delay <= 30_000, `${delay}`);
    }),
    { numRuns: 20 },
  );
});
