/* Counters of one event, added up: what ran all the time as it is, what took turns as if it had run all the time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addCounters } from "../../../../platform/linux/perf/counter_sum.ts";

const SECOND = 1e9;

test("counters that ran all the time are added up as they are", () => {
  const reading = fc.record({ value: fc.nat(), ns: fc.integer({ min: 1, max: 1e12 }) })
    .map(({ value, ns }) => ({ value, enabledNs: ns, runningNs: ns }));
  fc.assert(fc.property(fc.array(reading), (readings) => {
    const { value, enabledNs, runningNs } = addCounters(readings);
    const sum = readings.reduce((total, one) => total + one.value, 0);
    assert.ok(Math.abs(value - sum) <= sum * 1e-9);
    assert.equal(enabledNs, runningNs);
  }));
});

test("half of the time stands for all of it", () => {
  const sum = addCounters([
    { value: 1_000, enabledNs: 2 * SECOND, runningNs: SECOND },
    { value: 500, enabledNs: SECOND, runningNs: SECOND },
  ]);
  assert.deepEqual(sum, { value: 2_500, enabledNs: 3 * SECOND, runningNs: 2 * SECOND });
});

test("a CPU on which the counter had no turn is taken to be like the others", () => {
  const sum = addCounters([
    { value: 900, enabledNs: 3 * SECOND, runningNs: SECOND },
    { value: 0, enabledNs: SECOND, runningNs: 0 },
  ]);
  assert.equal(sum.value, 3_600);
});

test("a CPU on which nothing of the tree ran adds nothing", () => {
  const idle = { value: 0, enabledNs: 0, runningNs: 0 };
  assert.equal(addCounters([idle, { value: 7, enabledNs: 9, runningNs: 9 }]).value, 7);
  assert.equal(addCounters([idle]).value, 0);
});

test("what should have counted and never had a turn is unknown, not nothing", () => {
  assert.ok(Number.isNaN(addCounters([{ value: 0, enabledNs: SECOND, runningNs: 0 }]).value));
});

test("more time running than enabled, as two clocks that are not read at once tell, scales nothing down", () => {
  assert.equal(addCounters([{ value: 100, enabledNs: 1_000, runningNs: 1_001 }]).value, 100);
});
