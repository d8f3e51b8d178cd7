import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { turns } from "../../../monitor/series/turns.ts";
import type { Turn } from "../../../monitor/series/turns.ts";

function course(counts: readonly number[], warmup: number, isInTurn: boolean, random: () => number): Turn[] {
  const done = counts.map(() => 0);
  const all: Turn[] = [];
  const isDone = (command: number) => done[command] >= counts[command];
  for (const turn of turns({ commandCount: counts.length, warmup, isInTurn, isDone, random })) {
    all.push(turn);
    if (turn.index >= 0) done[turn.command]++;
  }
  return all;
}

describe("the order of runs", () => {
  test("in turn is one command after the other, each warmed up before", () => {
    const order = course([2, 1], 1, true, Math.random).map(({ command, index }) => [command, index]);
    assert.deepEqual(order, [[0, -1], [0, 0], [0, 1], [1, -1], [1, 0]]);
  });

  test("interleaved has rounds, in each of which every command that is left runs once", () => {
    const counts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(counts, fc.integer({ min: 0, max: 2 }), (wanted, warmup) => {
      const order = course(wanted, warmup, false, Math.random);
      assert.equal(order.length, wanted.reduce((sum, count) => sum + count + warmup, 0));
      const indices = order.map(({ index }) => index);
      assert.deepEqual(indices, indices.toSorted((a, b) => a - b), "no round begins before the last is over");
      assert.equal(new Set(order.map(({ command, index }) => `${command} ${index}`)).size, order.length);
    }));
  });

  test("within a round depends on chance", () => {
    assert.deepEqual(course([1, 1, 1], 0, false, () => 0).map(({ command }) => command), [1, 2, 0]);
    assert.deepEqual(course([1, 1, 1], 0, false, () => 0.999).map(({ command }) => command), [0, 1, 2]);
  });
});
