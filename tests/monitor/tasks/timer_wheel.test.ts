import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { firstDueMs, TimerWheel } from "../../../monitor/tasks/timer_wheel.ts";

describe("a timer wheel", () => {
  test("gives what is due when it is due, the longest due first, like a sorted list", () => {
    const step = fc.oneof(
      fc.record({ set: fc.nat(9), dueIn: fc.double({ min: -5, max: 400, noNaN: true }) }),
      fc.record({ delete: fc.nat(9) }),
      fc.record({ pass: fc.double({ min: 0, max: 150, noNaN: true }) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const wheel = new TimerWheel<number>();
      const model = new Map<number, number>();
      let now = 1_000;
      for (const each of steps) {
        if ("set" in each) {
          wheel.set(each.set, now + each.dueIn);
          model.set(each.set, now + each.dueIn);
        } else if ("delete" in each) {
          wheel.delete(each.delete);
          model.delete(each.delete);
        } else {
          now += each.pass;
          const due = [...model.keys()].filter((item) => model.get(item)! <= now);
          const taken = wheel.take(now);
          assert.deepEqual(
            taken.map((item) => model.get(item)),
            due.map((item) => model.get(item)).sort(byValue),
          );
          assert.deepEqual([...taken].sort(), due.sort());
          due.forEach((item) => model.delete(item));
        }
        assert.equal(wheel.size, model.size);
        assert.equal(wheel.nextMs(), Math.min(Infinity, ...model.values()));
      }
    }));
  });

  test("says when an item is due", () => {
    const wheel = new TimerWheel<string>();
    wheel.set("a", 5);
    assert.equal(wheel.dueMs("a"), 5);
    assert.equal(wheel.dueMs("b"), undefined);
    wheel.set("a", Infinity);
    assert.equal(wheel.nextMs(), Infinity);
    assert.deepEqual(wheel.take(1e12), []);
  });
});

describe("first ticks", () => {
  test("of one target alone fall after an interval", () => {
    assert.equal(firstDueMs(0, 100_000, 1_000), 101_000);
  });

  test("of five hundred that begin together are spread over the interval", () => {
    const dues = Array.from({ length: 500 }, (_, number) => firstDueMs(number, 0, 1_000));
    const perTenth = new Array(10).fill(0);
    for (const due of dues) {
      assert.ok(due >= 100 && due <= 1_000, `${due}`);
      perTenth[Math.min(9, Math.floor(due / 100))]++;
    }
    assert.equal(perTenth[0], 0);
    for (const count of perTenth.slice(1)) assert.ok(count >= 40 && count <= 70, perTenth.join(" "));
    // And with no more wake-ups than twenty a second.
    assert.ok(new Set(dues).size <= 20);
  });
});

function byValue(a: number | undefined, b: number | undefined): number {
  return a! - b!;
}
