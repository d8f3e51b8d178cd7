import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { Wake } from "../../group/wake.ts";

/** Longer than a test may take: it fails when such a sleep is slept to its end. */
const LONG_MS = 60_000;

async function timed(promise: Promise<void>): Promise<number> {
  const start = performance.now();
  await promise;
  return performance.now() - start;
}

test("a sleep takes its time", { timeout: 120_000 }, async () => {
  const took = await timed(new Wake().sleep(60));
  assert.ok(took >= 58, `${took} ms`);
});

test("a sleep ends early when it is told to", { timeout: 120_000 }, async () => {
  const wake = new Wake();
  setTimeout(wake.now, 20);
  await wake.sleep(LONG_MS);
});

test(
  "what happens while nobody sleeps ends the next sleep at once, and only that",
  { timeout: 120_000 },
  async () => {
    const wake = new Wake();
    wake.now();
    wake.now();
    await wake.sleep(LONG_MS);
    assert.ok(await timed(wake.sleep(60)) >= 58);
  },
);

test("a wake-up that ended a sleep does not end the next", { timeout: 120_000 }, async () => {
  const wake = new Wake();
  setTimeout(wake.now, 10);
  await wake.sleep(LONG_MS);
  assert.ok(await timed(wake.sleep(60)) >= 58);
});

test("no time at all still lets others have their turn", { timeout: 120_000 }, async () => {
  let turns = 0;
  const wake = new Wake();
  setImmediate(() => turns++);
  for (let round = 0; round < 3; round++) await wake.sleep(0);
  assert.ok(turns > 0);
});
