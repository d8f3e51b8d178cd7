/* When the supervisor gives memory back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { GiveBack } from "../../commands/give_back.ts";

test("memory is given back after a while of quiet, and not again soon", { timeout: 10_000 }, async () => {
  const at: number[] = [];
  let given = () => {};
  const done = new Promise<void>((resolve) => given = resolve);
  const giveBack = new GiveBack(300, () => {
    at.push(performance.now());
    given();
  });
  let last = 0;
  for (let n = 0; n < 4; n++) {
    last = performance.now();
    giveBack.later();
    await sleep(50);
  }
  // Its timer keeps no program alive.
  await Promise.race([done, sleep(5_000)]);
  assert.equal(at.length, 1);
  assert.ok(at[0] - last >= 295, `${at[0] - last} ms after the last event`);
  giveBack.later();
  await sleep(600);
  assert.equal(at.length, 1);
});

test("this runtime can do what giving back takes, or goes without", { timeout: 10_000 }, async () => {
  new GiveBack(1).later();
  await sleep(200);
});
