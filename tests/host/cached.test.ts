import assert from "node:assert/strict";
import { test } from "node:test";
import { Cached } from "../../host/cached.ts";

/** A reading that counts how often it is made, and the clock. */
function made<T>(read: (count: number) => T | Promise<T>) {
  const state = { count: 0, nowMs: 0 };
  const cached = new Cached(() => read(++state.count), () => state.nowMs);
  return { state, cached };
}

test("a reading is used again for as long as it may be, and then made anew", () => {
  const { state, cached } = made((count) => ({ count }));
  const first = cached.get(1_000);
  state.nowMs = 999;
  assert.equal(cached.get(1_000), first);
  state.nowMs = 1_000;
  assert.deepEqual(cached.get(1_000), { count: 2 });
  assert.equal(state.count, 2);
});

test("with no time at all it is made each time", () => {
  const { state, cached } = made((count) => count);
  assert.deepEqual([cached.get(0), cached.get(0)], [1, 2]);
  assert.equal(state.count, 2);
});

test("one that fails is not kept", async () => {
  const { cached } = made((count) => {
    if (count < 3) throw new Error(`no. ${count}`);
    return count;
  });
  assert.throws(() => cached.get(1_000), /no. 1/);
  assert.throws(() => cached.get(1_000), /no. 2/);
  assert.equal(cached.get(1_000), 3);
  const later =
    made((count) => count < 2 ? Promise.reject(new Error("late")) : Promise.resolve(count)).cached;
  await assert.rejects(Promise.resolve(later.get(1_000)), /late/);
  assert.equal(await later.get(1_000), 2);
});

test("calls at the same time share one that is under way", async () => {
  let finish: (value: string) => void = () => {};
  const { state, cached } = made(() => new Promise<string>((resolve) => finish = resolve));
  const calls = [cached.get(0), cached.get(1_000), cached.get(0)];
  finish("done");
  assert.deepEqual(await Promise.all(calls), ["done", "done", "done"]);
  assert.equal(state.count, 1);
  assert.equal(cached.get(1_000), "done");
});

test("a failure reaches everybody who waits for it", async () => {
  const { state, cached } = made((): Promise<string> => Promise.reject(new Error("no")));
  const results = await Promise.allSettled([cached.get(1), cached.get(1)]);
  assert.ok(results.every(({ status }) => status === "rejected"));
  assert.equal(state.count, 1);
});
