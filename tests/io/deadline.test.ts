import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline, pause, waitAtMost } from "../../io/deadline.ts";

const NEVER = new Promise<string>(() => {});

test("a promise is waited for, but not for longer than a bound", async () => {
  assert.equal(await waitAtMost(60_000, Promise.resolve("done")), "done");
  assert.equal(await waitAtMost(1, NEVER), undefined);
  await assert.rejects(waitAtMost(60_000, Promise.reject(new Error("failed"))), /failed/);
});

test("several waits share a deadline", async () => {
  const deadline = new Deadline(1);
  assert.equal(deadline.isOver, false);
  assert.equal(await Promise.race([NEVER, deadline.over]), undefined);
  assert.equal(deadline.isOver, true);
  assert.equal(await Promise.race([NEVER, deadline.over]), undefined);
});

test("a pause ends with its time, or with the signal", async () => {
  await pause(-1);
  await pause(1);
  const abort = new AbortController();
  const waiting = pause(Infinity, abort.signal);
  abort.abort();
  await waiting;
  await pause(60_000, abort.signal);
});
