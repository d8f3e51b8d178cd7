import assert from "node:assert/strict";
import { test } from "node:test";
import { everyBeat } from "../../group/every_beat.ts";

test("all who share an interval are called in the same moments, once in each, until they stop", {
  timeout: 120_000,
}, async () => {
  const [first, second]: number[][] = [[], []];
  let done = () => {};
  const enough = new Promise<void>((resolve) => done = resolve);
  const beatOf = () => Math.round(performance.now() / 100);
  const stopFirst = everyBeat(100, () => {
    first.push(beatOf());
    if (first.length < 4) return;
    // It may be stopped by what it calls.
    stopFirst();
    done();
  }, { keepsAlive: true });
  await new Promise((resolve) => setTimeout(resolve, 37));
  const stopSecond = everyBeat(100, () => void second.push(beatOf()), { keepsAlive: true });
  await enough;
  await new Promise((resolve) => setTimeout(resolve, 150));
  stopSecond();
  assert.equal(first.length, 4);
  assert.equal(new Set(first).size, 4, `each beat once: ${first}`);
  const shared = second.filter((beat) => first.includes(beat));
  // A turn that comes late may miss one.
  assert.ok(shared.length >= 2, `${first} and ${second}`);
});
