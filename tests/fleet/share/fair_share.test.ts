import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fairShare } from "../../../fleet/share/fair_share.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";

const NAMES = ["a", "b", "c", "d", "e"];

test("whoever has what before, managers come to equal shares, and then to rest", () => {
  const holder = fc.constantFrom<string | null>(null, ...NAMES, "gone");
  fc.assert(
    fc.property(fc.array(holder, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (had, count) => {
      const members = NAMES.slice(0, count);
      // Whoever is not there has lost what he had.
      const holders = new Map<UnitKey, string | null>(
        had.map((one, at) => [`u/${at}`, one !== null && members.includes(one) ? one : null]),
      );
      let moved = 0;
      for (let round = 0; round < 4; round++) {
        const changes = members.map((self) => ({ self, ...fairShare(self, members, holders) }));
        for (const { self, give } of changes) {
          for (const unit of give) {
            assert.equal(holders.get(unit), self);
            holders.set(unit, null);
            moved++;
          }
        }
        for (const { self, take } of changes) {
          // Of two that reach for one, one gets it.
          for (const unit of take) if (holders.get(unit) === null) holders.set(unit, self);
        }
        if (round < 2) continue;
        // What was given in a round can be taken in the next.
        for (const self of members) {
          const { take } = fairShare(self, members, holders);
          for (const unit of take) if (holders.get(unit) === null) holders.set(unit, self);
        }
      }
      const counts = members.map((self) => [...holders.values()].filter((one) => one === self).length);
      assert.equal(counts.reduce((sum, own) => sum + own, 0), had.length);
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
      for (const self of members) assert.deepEqual(fairShare(self, members, holders), { take: [], give: [] });
      const before = members.map((self) => had.filter((one) => one === self).length);
      const most = Math.floor(had.length / count);
      const least = before.reduce((sum, own) => sum + Math.max(0, own - most - 1), 0);
      assert.ok(moved >= least && moved <= before.reduce((sum, own) => sum + Math.max(0, own - most), 0));
    }),
  );
});

test("who is not there for the others takes nothing, and gives nothing", () => {
  assert.deepEqual(fairShare("z", ["a"], new Map([["u/1" as UnitKey, null]])), { take: [], give: [] });
});
