import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BoundedQueue } from "../../io/bounded_queue.ts";

test("a bounded queue is a list that loses its oldest ones", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ shift: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ peek: fc.nat(5) }) },
  );
  fc.assert(
    fc.property(fc.nat(20), fc.nat(100), fc.array(step, { maxLength: 300 }), (count, bytes, steps) => {
      const queue = new BoundedQueue<number>({ count, bytes });
      const model: { item: number; bytes: number }[] = [];
      const size = () => model.reduce((sum, one) => sum + one.bytes, 0);
      let item = 0;
      let droppedCount = 0;
      for (const action of steps) {
        if ("push" in action) {
          const one = { item: item++, bytes: action.push };
          const dropped: number[] = [];
          if (one.bytes > bytes || count === 0) dropped.push(one.item);
          else {
            model.push(one);
            while (model.length > count || size() > bytes) dropped.push(model.shift()!.item);
          }
          droppedCount += dropped.length;
          assert.deepEqual(queue.push(one.item, one.bytes), dropped);
        } else if ("shift" in action) {
          for (let times = 0; times < action.shift; times++) assert.equal(queue.shift(), model.shift()?.item);
        } else {
          assert.deepEqual(queue.peek(action.peek), model.slice(0, action.peek).map((one) => one.item));
        }
        assert.deepEqual([queue.length, queue.bytes], [model.length, size()]);
        assert.equal(queue.droppedCount, droppedCount);
      }
    }),
  );
});

test("one that is too large takes no other with it", () => {
  const queue = new BoundedQueue<string>({ count: 10, bytes: 100 });
  queue.push("a", 60);
  assert.deepEqual(queue.push("huge", 101), ["huge"]);
  assert.deepEqual(queue.peek(2), ["a"]);
});

test("a million pass through one in no time", { timeout: 120_000 }, () => {
  const queue = new BoundedQueue<number>({ count: 200_000, bytes: Infinity });
  for (let item = 0; item < 1_000_000; item++) queue.push(item, 1);
  assert.equal(queue.droppedCount, 800_000);
  for (let item = 800_000; item < 1_000_000; item++) assert.equal(queue.shift(), item);
  assert.equal(queue.shift(), undefined);
});
