import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WallStamps } from "../../../core/measure/wall_stamps.ts";

test("moments that follow each other have stamps that do, whenever they are reckoned", () => {
  const step = fc.double({ min: 0, max: 3, noNaN: true });
  const moments = fc.array(fc.record({ step, behind: step, isNow: fc.boolean() }), { maxLength: 60 });
  fc.assert(fc.property(moments, fc.double({ min: 0, max: 1, noNaN: true }), (given, offset) => {
    let real = 1_764_000_000_000 + offset;
    const began = real;
    const stamps = new WallStamps(() => Math.floor(real), () => real - began);
    let [moment, last] = [real, -Infinity];
    for (const { step, behind, isNow } of given) {
      moment = isNow ? Math.max(real, moment) + step : moment + step;
      real = Math.max(real, moment + (isNow ? 0 : behind));
      const stamp = isNow ? stamps.now() : stamps.at(moment - began);
      if (isNow) moment = real;
      assert.ok(stamp >= last, `${stamp} after ${last}`);
      assert.ok(Math.abs(stamp - moment) <= 1.5, `${stamp} at ${moment}`);
      last = stamp;
    }
  }));
});

test("a clock that is set back is followed", () => {
  let wall = 5_000_000;
  const stamps = new WallStamps(() => wall, () => 0);
  assert.equal(stamps.now(), 5_000_000);
  wall -= 3_600_000;
  assert.equal(stamps.now(), 1_400_000);
  wall -= 2;
  assert.equal(stamps.now(), 1_399_998);
});
