import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownTimes } from "../../../fleet/chunk/known_times.ts";
import { Tail } from "../../../fleet/chunk/tail.ts";
import { noFigures } from "../../../fleet/model/column.ts";

test("no more is known than was asked for: what is older is left out", () => {
  const times = new KnownTimes(50);
  for (const time of [40, 50, 60]) times.add(7, time);
  assert.deepEqual([40, 50, 60, 70].map((time) => times.has(7, time)), [false, true, true, false]);
  assert.equal(times.has(8, 60), false);
});

test("it is let go of once nobody has asked for a while, of more the later", () => {
  for (const [count, wanted] of [[10, 100], [8_000, 1_000]] as const) {
    const times = new KnownTimes(0);
    const goesOn = () => {
      let more = 0;
      while (times.goOn(7, more, count)) more++;
      return more;
    };
    assert.equal(goesOn(), wanted);
    assert.equal(times.has(7, 5), true);
    assert.equal(goesOn(), wanted);
  }
});

test("a tail answers the same whatever was asked for before, and whatever has come since", () => {
  const tail = new Tail();
  const add = (time: number) =>
    tail.append(7, { time, figures: noFigures(), custom: null, begins: false }, null);
  for (let time = 0; time < 600; time += 2) add(time);
  const answers = () => [598, 597, 300, 3, 0, 598].map((time) => tail.has(7, time));
  const wanted = [true, false, true, false, true, true];
  assert.deepEqual(answers(), wanted);
  for (let time = 600; time < 1_000; time += 2) {
    add(time);
    assert.equal(tail.has(7, time), true);
    assert.equal(tail.has(7, time + 1), false);
  }
  for (let time = 1_000; time < 3_000; time += 2) add(time);
  assert.deepEqual(answers(), wanted);
  assert.deepEqual([2_998, 2_997].map((time) => tail.has(7, time)), [true, false]);
});
