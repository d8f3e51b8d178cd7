import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Round } from "../../../supervisor/logs/round.ts";

test("all come in turn, a share at a time, and none twice in one", () => {
  const all = new Map([1, 2, 3, 4, 5].map((one) => [one, one]));
  const round = new Round(all);
  assert.deepEqual([...round.next(2)], [1, 2]);
  assert.deepEqual([...round.next(2)], [3, 4]);
  assert.deepEqual([...round.next(2)], [5, 1]);
  assert.deepEqual([...round.next(Infinity)], [2, 3, 4, 5, 1]);
  all.clear();
  assert.deepEqual([...round.next(2)], []);
});

test("property: whoever stays comes within a round, whatever comes and goes", () => {
  const changes = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 30 })), { maxLength: 60 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 7 }), changes, (share, steps) => {
    const all = new Map([[0, 0]]);
    const round = new Round(all);
    let waited = 0;
    for (const [comes, id] of steps) {
      if (comes) all.set(id, id);
      else all.delete(id);
      const seen = [...round.next(share)];
      assert.equal(new Set(seen).size, seen.length);
      waited = seen.includes(0) ? 0 : waited + seen.length;
      // At most 31 at once, and those that were put in behind while it went round.
      assert.ok(waited <= 62, String(waited));
    }
  }));
});
