import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { StillLoop } from "../../commands/still_loop.ts";
import { KnownTimers } from "../../commands/known_timers.ts";
import type { StandStill } from "../../platform/mod.ts";
import { runtimeCommand } from "../support/linux.ts";

const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
const global = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
/** Far more than anything takes, on a machine however busy. */
const MOMENT_MS = 8_000;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** A loop over timers of its own that stands as it is told to, and for how long it was to stand. */
function begun(stand: (ms: number, count: number) => boolean) {
  const own = { ...global };
  const timers = KnownTimers.takeOver(own);
  const stands: number[] = [];
  let isClosed = false;
  const still = {
    stand: (ms: number) => stand(ms, stands.push(ms)),
    close: () => isClosed = true,
  } as unknown as StandStill;
  const loop = new StillLoop(still, timers);
  loop.begin();
  return { own, stands, loop, isClosed: () => isClosed };
}

/** As the kernel would, but no longer than a test likes. */
function pass(ms: number): false {
  Atomics.wait(PAUSE, 0, 0, Math.min(ms, 50));
  return false;
}

test("it stands until the next timer is due, and that fires in time", { timeout: 120_000 }, async () => {
  const { own, stands, loop, isClosed } = begun(pass);
  const begunMs = performance.now();
  await new Promise<void>((resolve) => own.setTimeout(() => resolve(), 40));
  const tookMs = performance.now() - begunMs;
  loop.end();
  assert.ok(tookMs >= 39 && tookMs < 5_000, String(tookMs));
  assert.ok(stands.length > 0 && stands.every((ms) => ms > 0 && ms <= 41), String(stands));
  assert.ok(isClosed());
  const { length } = stands;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(stands.length, length);
});

test("it does not stand while something is to be done at once", { timeout: 120_000 }, async () => {
  const order: string[] = [];
  const { own, loop } = begun((ms) => {
    order.push("stand");
    return pass(ms);
  });
  await new Promise<void>((resolve) => {
    let left = 20;
    const again = () => {
      order.push("immediate");
      if (--left > 0) own.setImmediate(again);
      else resolve();
    };
    own.setImmediate(again);
  });
  loop.end();
  assert.equal(order.filter((one) => one === "immediate").length, 20);
  assert.ok(!order.includes("stand"), String(order));
});

test("after something has come about the pauses are short at first", { timeout: 120_000 }, async () => {
  const { stands, loop } = begun((_, count) => count === 6);
  while (stands.length < 12) await new Promise((resolve) => setImmediate(resolve));
  loop.end();
  assert.deepEqual(stands.slice(0, 12), [5, 20, 80, 320, 1_000, 1_000, 5, 20, 80, 320, 1_000, 1_000]);
});

test(
  "what comes about all the time is left to the event loop for a while",
  { timeout: 120_000 },
  async () => {
    const { stands, loop } = begun(() => true);
    while (stands.length < 64) await new Promise((resolve) => setImmediate(resolve));
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(stands.length, 64);
    while (stands.length < 65) await new Promise((resolve) => setTimeout(resolve, 20));
    loop.end();
  },
);

test("a program that stands still misses nothing that comes about; on Bun", { timeout: 90_000 }, () => {
  const [program, ...args] = runtimeCommand("still_program.ts");
  const lines = execFileSync(program, args, { encoding: "utf8" }).trimEnd().split("\n");
  const told = new Map(lines.map((line) => JSON.parse(line)).map(({ what, value }) => [what, value]));
  assert.equal(told.get("can"), "Bun" in globalThis);
  if (!("Bun" in globalThis)) return;
  const least = { "a timer": 29, "an immediate": 0, "an interval": 99, "a timer afterwards": 29 };
  for (const [what, leastMs] of Object.entries(least)) {
    const { ms } = told.get(what);
    assert.ok(ms >= leastMs && ms < leastMs + MOMENT_MS, `${what}: ${ms} ms`);
  }
  for (const what of ["a file", "a signal", "a child", "an answer"]) {
    const { ms, hasDisturbed } = told.get(what);
    assert.ok(ms < MOMENT_MS, `${what}: ${ms} ms`);
    // A file may be read before there is a pause.
    assert.ok(hasDisturbed || what === "a file", `${what} has ended no pause`);
  }
});
