import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StoreClock } from "../../../fleet/share/store_clock.ts";

const T0 = Date.UTC(2026, 10, 30);

/** A machine whose clock is off, and a server whose clock is right but for `serverMs`. */
function machine(aheadMs: number) {
  const bench = { steady: 1_000, aheadMs, serverMs: 0 };
  const right = () => T0 + bench.steady;
  const clock = new StoreClock(() => right() + bench.aheadMs, () => bench.steady);
  /** Ask it, so long there and so long back. */
  const ask = (there: number, back: number) => {
    const askedAt = bench.steady;
    bench.steady += there;
    const time = right() + bench.serverMs;
    bench.steady += back;
    clock.take({ time, askedAt, answeredAt: bench.steady });
  };
  return Object.assign(bench, { clock, ask, off: () => clock.now() - right() });
}

describe("the clock of a store", () => {
  test("is the machine's until it is asked, and the server's from then on, whatever is set here", () => {
    const bench = machine(-300_000);
    assert.equal(bench.off(), -300_000);
    bench.ask(5, 5);
    assert.equal(bench.off(), 0);
    assert.equal(bench.clock.aheadMs, -300_000);
    bench.steady += 10_000;
    bench.aheadMs = 86_400_000;
    assert.equal(bench.off(), 0);
    assert.equal(bench.clock.aheadMs, 86_400_000);
  });

  test("is off by half of the way there and back at most, and a slow answer does not make it worse", () => {
    const bench = machine(0);
    bench.ask(0, 400);
    assert.ok(Math.abs(bench.off()) <= 200);
    bench.ask(4, 0);
    assert.ok(Math.abs(bench.off()) <= 2);
    bench.ask(0, 2_000);
    assert.ok(Math.abs(bench.off()) <= 2);
  });

  test("follows a server whose clock is set, and one that takes its place", () => {
    const bench = machine(0);
    bench.ask(1, 1);
    bench.serverMs = -90_000;
    bench.ask(300, 300);
    assert.equal(bench.off(), -90_000);
    bench.serverMs = 0;
    bench.ask(1, 1);
    assert.equal(bench.off(), 0);
  });
});
