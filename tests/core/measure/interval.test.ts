import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { hasChanged, nextIntervalMs } from "../../../core/measure/interval.ts";
import type { IntervalRule, Shape } from "../../../core/measure/interval.ts";

const rule: IntervalRule = { baseMs: 100, maxMs: 1_000, adaptive: true, budgetPercent: 1 };

const rules = fc.record({
  baseMs: fc.double({ min: 1, max: 10_000, noNaN: true }),
  more: fc.double({ min: 0, max: 100_000, noNaN: true }),
  adaptive: fc.boolean(),
  budgetPercent: fc.double({ min: 0.01, max: 100, noNaN: true }),
}).map(({ more, ...rest }) => ({ ...rest, maxMs: rest.baseMs + more }));
const quiet = fc.double({ min: 0, max: 100_000, noNaN: true });
const cost = fc.double({ min: 0, max: 50, noNaN: true });

describe("nextIntervalMs", () => {
  test("holds the base for the first second", () => {
    for (const quietMs of [0, 1, 500, 999, 1_000]) {
      assert.equal(nextIntervalMs(rule, { quietMs, tickCostMs: 0 }), 100);
    }
  });

  test("rises evenly in between", () => {
    assert.equal(nextIntervalMs(rule, { quietMs: 5_500, tickCostMs: 0 }), 550);
    assert.ok(nextIntervalMs(rule, { quietMs: 1_100, tickCostMs: 0 }) > 100);
  });

  test("is at the ceiling after ten seconds, and stays there", () => {
    for (const quietMs of [10_000, 10_001, 3_600_000]) {
      assert.equal(nextIntervalMs(rule, { quietMs, tickCostMs: 0 }), 1_000);
    }
  });

  test("stays at the base without adaptation", () => {
    assert.equal(nextIntervalMs({ ...rule, adaptive: false }, { quietMs: 60_000, tickCostMs: 0 }), 100);
  });

  test("stretches so far that the ticks stay within the budget, beyond the ceiling too", () => {
    assert.equal(nextIntervalMs(rule, { quietMs: 0, tickCostMs: 3 }), 300);
    assert.equal(nextIntervalMs(rule, { quietMs: 60_000, tickCostMs: 50 }), 5_000);
    assert.equal(nextIntervalMs({ ...rule, adaptive: false }, { quietMs: 0, tickCostMs: 2 }), 200);
  });

  test("property: never under the base; never over the ceiling but for the budget", () => {
    fc.assert(fc.property(rules, quiet, cost, (rule, quietMs, tickCostMs) => {
      const next = nextIntervalMs(rule, { quietMs, tickCostMs });
      const affordable = (tickCostMs * 100) / rule.budgetPercent;
      assert.ok(next >= rule.baseMs);
      assert.ok(next <= Math.max(rule.maxMs * (1 + 1e-12), affordable));
    }));
  });

  test("property: the longer it is quiet, the longer the interval", () => {
    fc.assert(fc.property(rules, quiet, quiet, cost, (rule, a, b, tickCostMs) => {
      const [sooner, later] = [Math.min(a, b), Math.max(a, b)];
      const before = nextIntervalMs(rule, { quietMs: sooner, tickCostMs });
      assert.ok(before <= nextIntervalMs(rule, { quietMs: later, tickCostMs }));
    }));
  });

  test("property: ticks of this cost at this interval never use more than the budget", () => {
    fc.assert(fc.property(rules, quiet, cost, (rule, quietMs, tickCostMs) => {
      const used = (tickCostMs / nextIntervalMs(rule, { quietMs, tickCostMs })) * 100;
      assert.ok(used <= rule.budgetPercent * (1 + 1e-9));
    }));
  });
});

describe("hasChanged", () => {
  const still: Shape = { processCount: 2, threadCount: 4, cpuPercent: 50, memoryBytes: 1_000_000 };
  const capacity = { cpus: 4, memoryBytes: 10_000_000 };

  test("sees a process or a thread more or less", () => {
    assert.ok(!hasChanged(still, { ...still }, capacity));
    assert.ok(hasChanged(still, { ...still, processCount: 3 }, capacity));
    assert.ok(hasChanged(still, { ...still, threadCount: 3 }, capacity));
  });

  test("sees a tenth of the machine in CPU or memory, up or down, and not less", () => {
    assert.ok(hasChanged(still, { ...still, cpuPercent: 90 }, capacity));
    assert.ok(hasChanged(still, { ...still, cpuPercent: 10 }, capacity));
    assert.ok(!hasChanged(still, { ...still, cpuPercent: 89 }, capacity));
    assert.ok(hasChanged(still, { ...still, memoryBytes: 2_000_000 }, capacity));
    assert.ok(hasChanged(still, { ...still, memoryBytes: 0 }, capacity));
    assert.ok(!hasChanged(still, { ...still, memoryBytes: 1_999_999 }, capacity));
  });

  test("takes what is unknown for no change", () => {
    const unknown = { threadCount: NaN, cpuPercent: NaN, memoryBytes: NaN };
    assert.ok(!hasChanged(still, { ...still, ...unknown }, capacity));
    assert.ok(!hasChanged({ ...still, ...unknown }, still, capacity));
    assert.ok(!hasChanged({ ...still, ...unknown }, { ...still, ...unknown }, capacity));
  });
});
