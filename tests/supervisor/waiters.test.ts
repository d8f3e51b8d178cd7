import assert from "node:assert/strict";
import { test } from "node:test";
import { Waiters } from "../../supervisor/waiters.ts";

test("those that wait are woken once; who waits again then, the next time", async () => {
  const waiters = new Waiters();
  let woken = 0;
  const wait = async () => {
    for (let i = 0; i < 2; i++) {
      await waiters.wait();
      woken++;
    }
  };
  const done = Promise.all([wait(), wait()]);
  waiters.wake();
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(woken, 2);
  waiters.wake();
  await done;
  assert.equal(woken, 4);
});
