/* When the supervisor gives memory back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { GiveBack, ownGiveBack, shrink } from "../../../commands/supervise/give_back.ts";
import type { Runtime } from "../../../commands/supervise/give_back.ts";
import { eventually } from "../../support/eventually.ts";

test("memory is given back after a while of quiet, and not again soon", { timeout: 120_000 }, async () => {
  const at: number[] = [];
  let given = () => {};
  const done = new Promise<void>((resolve) => given = resolve);
  const giveBack = new GiveBack(() => {
    at.push(performance.now());
    given();
  }, 300);
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

test("what happens in the pause after it is given back, too, and the next pause is twice as long", {
  timeout: 120_000,
}, async () => {
  const at: number[] = [];
  const giveBack = new GiveBack(() => void at.push(performance.now()), 20, 400);
  for (let times = 1; times <= 3; times++) {
    giveBack.later();
    await eventually(() => at.length === times);
  }
  const pauses = [at[1] - at[0], at[2] - at[1]];
  assert.ok(pauses[0] >= 395 && pauses[1] >= 795, `${pauses}`);
  // Nothing has happened since.
  await sleep(100);
  assert.equal(at.length, 3);
});

test(
  "what is not used is given back, or a runtime that cannot goes without",
  { timeout: 120_000 },
  async () => {
    const calls: unknown[] = [];
    shrink({ Bun: { gc: (force) => calls.push(["gc", force]), shrink: () => calls.push("shrink") } });
    // Collected first: what is not collected cannot be given back.
    assert.deepEqual(calls, [["gc", true], "shrink"]);
    shrink({});
    const runtime = globalThis as Runtime;
    assert.equal(runtime.Bun !== undefined, !("Deno" in globalThis), "Bun is what can");
    await new Promise<void>((resolve, reject) => {
      const giveBack = new GiveBack(() => {
        try {
          resolve(shrink(runtime));
        } catch (error) {
          reject(error);
        }
      }, 1);
      giveBack.later();
      // The timer of what is tested keeps no program alive.
      setTimeout(() => reject(new Error("nothing was given back")), 5_000);
    });
  },
);

test("a supervisor gives back its objects first, and then the pages of its program", {
  timeout: 120_000,
}, async () => {
  const done: string[] = [];
  const runtime = { Bun: { gc: () => {}, shrink: () => done.push("shrink") } };
  const giveBack = ownGiveBack(runtime, () => done.push("drop"), 5);
  giveBack.later();
  await eventually(() => done.length === 2);
  assert.deepEqual(done, ["shrink", "drop"]);
});
