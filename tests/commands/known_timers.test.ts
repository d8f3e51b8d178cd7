import assert from "node:assert/strict";
import { test } from "node:test";
import { promisify } from "node:util";
import { KnownTimers } from "../../commands/known_timers.ts";

const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
const own = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };

/** Timers of a program of its own, and what is known of them. */
function program(): { global: typeof own; timers: KnownTimers } {
  const global = { ...own };
  return { global, timers: KnownTimers.takeOver(global) };
}

test("when the next timer is due is known, whichever is cleared or has fired", async () => {
  const { global, timers } = program();
  const leftMs = () => timers.nextMs(performance.now()) - performance.now();
  const isAbout = (ms: number) => leftMs() > ms - 5_000 && leftMs() <= ms + 1;
  assert.equal(leftMs(), Infinity);
  const late = global.setTimeout(() => {}, 60_000);
  assert.ok(isAbout(60_000));
  const early = global.setTimeout(() => {}, 20_000);
  assert.ok(isAbout(20_000));
  global.clearTimeout(early);
  assert.ok(isAbout(60_000));
  const args: unknown[] = [];
  await new Promise<void>((resolve) => {
    global.setTimeout(
      (...given: unknown[]) => {
        args.push(...given);
        resolve();
      },
      5,
      "a",
      1,
    );
    assert.ok(leftMs() <= 6);
  });
  assert.deepEqual(args, ["a", 1]);
  assert.ok(isAbout(60_000));
  // Either clears what the other sets, as in the runtimes.
  global.clearInterval(late);
  assert.equal(leftMs(), Infinity);
  assert.equal(timers.size, 0);
});

test("an interval is due again and again, until it is cleared in its own call", async () => {
  const { global, timers } = program();
  const dues: number[] = [];
  await new Promise<void>((resolve) => {
    const interval = global.setInterval(() => {
      dues.push(timers.nextMs(performance.now()));
      if (dues.length < 3) return;
      global.clearInterval(interval);
      resolve();
    }, 10);
  });
  assert.ok(dues.every((due, at) => at === 0 || due > dues[at - 1]), String(dues));
  assert.equal(timers.nextMs(performance.now()), Infinity);
});

test("an immediate is due at once, once", async () => {
  const { global, timers } = program();
  const seen = await new Promise((resolve) => {
    global.setImmediate((word: string) => resolve([word, timers.nextMs(performance.now())]), "now");
    assert.equal(timers.nextMs(performance.now()), -Infinity);
  });
  assert.deepEqual(seen, ["now", Infinity]);
  const never = global.setImmediate(() => assert.fail("it was cleared"));
  global.clearImmediate(never);
  assert.equal(timers.nextMs(performance.now()), Infinity);
});

test("what is no delay is a millisecond, as in the runtimes", () => {
  const { global, timers } = program();
  for (const ms of [undefined, NaN, -1, 2 ** 31]) {
    const timer = global.setTimeout(() => {}, ms);
    assert.ok(timers.nextMs(performance.now()) - performance.now() <= 2, String(ms));
    global.clearTimeout(timer);
  }
});

test("what a timer does itself is known: it is put off, and ends", async () => {
  const { global, timers } = program();
  const leftMs = () => timers.nextMs(performance.now()) - performance.now();
  const ends: ((timer: ReturnType<typeof setTimeout>) => unknown)[] = [
    (timer) => timer.close(),
    (timer) => timer[Symbol.dispose](),
    (timer) => global.clearTimeout(Number(timer)),
    (timer) => global.clearInterval(String(Number(timer))),
  ];
  for (const end of ends) {
    end(global.setTimeout(() => assert.fail("it was ended"), 60_000));
    assert.equal(leftMs(), Infinity, String(end));
  }
  const calls: number[] = [];
  const timer = global.setTimeout(() => void calls.push(performance.now()), 500);
  await new Promise<void>((resolve) => void global.setTimeout(resolve, 100));
  const putOffMs = performance.now();
  timer.refresh();
  assert.ok(
    leftMs() <= putOffMs + 501 - performance.now() + 1 && leftMs() > putOffMs + 499 - performance.now(),
  );
  while (calls.length === 0) await new Promise<void>((resolve) => void global.setTimeout(resolve, 10));
  assert.ok(calls[0] >= putOffMs + 498, `${calls[0] - putOffMs} ms`);
  assert.equal(leftMs(), Infinity);
  // One that has fired can be set again, by the same delay.
  timer.refresh();
  assert.ok(leftMs() > 0 && leftMs() <= 501, `${leftMs()} ms`);
  timer.close();
});

test("promises are made of them as of the runtime's own, and a delay may be a text", async () => {
  const { global, timers } = program();
  await promisify(global.setTimeout)(1);
  const timer = global.setTimeout(() => {}, "60000" as unknown as number);
  const leftMs = timers.nextMs(performance.now()) - performance.now();
  assert.ok(leftMs > 50_000 && leftMs <= 60_001, `${leftMs} ms`);
  global.clearTimeout(timer);
});

test("what is long overdue has one more turn of the event loop before it is forgotten", () => {
  const { global, timers } = program();
  const timer = global.setTimeout(() => {}, 10);
  const nowMs = performance.now();
  // Nothing is to be slept through: the program was kept from its loop, and the timer is still to fire.
  assert.ok(timers.nextMs(nowMs + 20_000) <= nowMs + 20_000);
  assert.equal(timers.nextMs(nowMs + 20_000), Infinity);
  global.clearTimeout(timer);
});

test("what was ended in another way is forgotten, and the timers are given back", () => {
  const { global, timers } = program();
  const timer = global.setTimeout(() => {}, 10_000);
  own.clearTimeout(timer);
  const nowMs = performance.now();
  assert.ok(timers.nextMs(nowMs + 10_050) <= nowMs + 10_050);
  assert.ok(timers.nextMs(nowMs + 10_500) <= nowMs + 10_500);
  assert.equal(timers.nextMs(nowMs + 12_000), Infinity);
  timers.giveBack();
  assert.deepEqual(global, own);
});
