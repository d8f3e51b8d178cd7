import assert from "node:assert/strict";
import { test } from "node:test";
import { PacedRound } from "../../../supervisor/logs/paced_round.ts";

/** How many come at each of so many beats, of so many in all. */
function taken(size: number, beats: number, pace = { share: 10, longest: 10 }): number[] {
  const all = new Map(Array.from({ length: size }, (_, id) => [id, id]));
  const round = new PacedRound(all, pace);
  return Array.from({ length: beats }, () => [...round.next()].length);
}

test("few come at each beat, and more all at once as seldom as a share at each beat would take", () => {
  assert.deepEqual(taken(0, 2), [0, 0]);
  assert.deepEqual(taken(1, 3), [1, 1, 1]);
  assert.deepEqual(taken(10, 2), [10, 10]);
  assert.deepEqual(taken(30, 6), [0, 0, 30, 0, 0, 30]);
  assert.deepEqual(taken(100, 20).map((count, at) => [count, at]).filter(([count]) => count > 0), [
    [100, 9],
    [100, 19],
  ]);
});

test("of many a hundred at a time come, all of them within the longest round", () => {
  assert.deepEqual(taken(200, 10), [0, 0, 0, 0, 100, 0, 0, 0, 0, 100]);
  assert.deepEqual(taken(1_000, 10), Array(10).fill(100));
  assert.deepEqual(taken(2_000, 3), [100, 100, 100]);
  assert.deepEqual(taken(100, 4, { share: 50, longest: Infinity }), [0, 100, 0, 100]);
  const [ids, round] = [
    new Set<number>(),
    new PacedRound(new Map([...Array(950).keys()].map((id) => [id, id])), {
      share: 10,
      longest: 10,
    }),
  ];
  for (let beat = 0; beat < 10; beat++) for (const id of round.next()) ids.add(id);
  assert.equal(ids.size, 950);
});
