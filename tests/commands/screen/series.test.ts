import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Series } from "../../../commands/screen/series.ts";

test("a series keeps the last values up to its limit, and nothing else", () => {
  const shape = fc.record({
    first: fc.integer({ min: 0, max: 1_000 }),
    limit: fc.integer({ min: 1, max: 200 }),
    count: fc.integer({ min: 0, max: 500 }),
  });
  fc.assert(fc.property(shape, ({ first, limit, count }) => {
    const series = new Series(first, limit);
    for (let index = 0; index < count; index++) series.add(index, index * 1024);
    for (let tick = first - 2; tick < first + count + 2; tick++) {
      const index = tick - first;
      const isKept = index >= 0 && index < count && index >= count - limit;
      assert.equal(series.cpuAt(tick), isKept ? index : NaN);
      assert.equal(series.memoryAt(tick), isKept ? index * 1024 : NaN);
    }
  }));
});
