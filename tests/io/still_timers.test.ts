import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LoopTimers, StillTimers } from "../../io/still_timers.ts";

const word = new Int32Array(new SharedArrayBuffer(4));

/** Stands still for real, and says what came about meanwhile. */
function standing(answers: boolean[] = []) {
  const stands: number[] = [];
  return {
    stands,
    stand: (ms: number) => {
      stands.push(ms);
      const isDisturbed = answers.shift() ?? false;
      if (!isDisturbed) Atomics.wait(word, 0, 0, Math.ceil(ms));
      return isDisturbed;
    },
  };
}

describe("timers of a program that stands still", () => {
  test("call what is due, in time and once, while the event loop does not turn", async () => {
    const still = standing();
    const timers = new StillTimers(still);
    const startMs = performance.now();
    const called: string[] = [];
    const late: number[] = [];
    const note = (name: string, dueMs: number) => () => {
      called.push(name);
      late.push(performance.now() - dueMs);
    };
    let hasTurned = false;
    timers.set(startMs + 20, () => setTimeout(() => hasTurned = true, 0));
    timers.set(startMs + 60, note("second", startMs + 60));
    timers.set(startMs + 40, () => {
      note("first", startMs + 40)();
      taken.clear();
      timers.set(startMs + 80, note("third", startMs + 80));
    });
    const taken = timers.set(startMs + 70, note("taken back", startMs + 70));
    timers.set(startMs + 100, () => {
      assert.equal(hasTurned, false);
      timers.end();
    });
    await timers.run(() => "none");
    assert.deepEqual(called, ["first", "second", "third"]);
    assert.ok(late.every((ms) => ms >= 0), `${late}`);
    assert.ok(still.stands.length >= 4 && still.stands.length <= 8, `${still.stands}`);
  });

  test("let the event loop have a turn when something has come about in it", async () => {
    const timers = new StillTimers(standing([false, true]));
    let hasTurned = false;
    timers.set(performance.now() + 5, () => setImmediate(() => hasTurned = true));
    timers.set(performance.now() + 300, () => {
      assert.equal(hasTurned, true);
      timers.end();
    });
    await timers.run(() => "none");
    assert.equal(hasTurned, true);
  });

  test("let promises go on that are about to hand over their work", async () => {
    const timers = new StillTimers(standing());
    let [hops, isHandedOver] = [0, false];
    const handOver = async () => {
      hops = 1;
      while (hops < 100) hops += await Promise.resolve(1);
      isHandedOver = true;
    };
    timers.set(performance.now() + 5, () => void handOver());
    timers.set(performance.now() + 200, () => {
      assert.equal(isHandedOver, true);
      timers.end();
    });
    await timers.run(() => hops > 0 && !isHandedOver ? "turn" : "none");
    assert.equal(isHandedOver, true);
  });

  test("sleep in the event loop where they must not stand, and hear of what is due before", async () => {
    const still = standing();
    const timers = new StillTimers(still);
    let calls = 0;
    timers.set(performance.now() + 10, () => {
      calls++;
      // From outside, while it sleeps without anything to come.
      setTimeout(() => timers.set(performance.now(), () => calls++), 20);
      setTimeout(() => timers.end(), 60);
    });
    await timers.run(() => "all");
    assert.equal(calls, 2);
    assert.deepEqual(still.stands, []);
  });

  test("do not go round and round where something stays ready", async () => {
    const answers = new Array<boolean>(10_000).fill(true);
    const still = standing(answers);
    const timers = new StillTimers(still);
    timers.set(performance.now() + 200, () => timers.end());
    await timers.run(() => "none");
    const { length } = still.stands;
    assert.ok(length >= 64 && length <= 66, `${length}`);
  });
});

test("timers of the event loop are never early, and can be taken back", async () => {
  const timers = new LoopTimers();
  const dueMs = performance.now() + 10.5;
  timers.set(dueMs - 5, () => assert.fail("it was taken back")).clear();
  const atMs = await new Promise<number>((resolve) => timers.set(dueMs, () => resolve(performance.now())));
  // Timers count from the beginning of a turn.
  assert.ok(atMs >= dueMs - 1, `${atMs - dueMs} ms`);
});
