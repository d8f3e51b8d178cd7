import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { logTicks } from "../../../render/page/browser/log_scale.ts";
import { spikeLimit } from "../../../render/plot/spikes.ts";

function limitOf(values: readonly number[]): number | null {
  const run = { times: Float64Array.from(values, (_, index) => index), values: Float64Array.from(values) };
  const line = { values: run.values, highest: Math.max(...values.filter((value) => !Number.isNaN(value))) };
  return spikeLimit([run], () => [line], 0, values.length);
}

test("a spike is cut off well above what is usual; a busy stretch and a ramp are not", () => {
  const calm = Array.from({ length: 100 }, () => 50);
  assert.equal(limitOf(calm), null);
  assert.equal(limitOf(calm.with(40, 2_000)), 100);
  assert.equal(limitOf(calm.with(40, 240)), null, "less than five times");
  assert.equal(limitOf(calm.map((value, index) => index < 20 ? 2_000 : value)), null, "a fifth of the time");
  assert.equal(limitOf(Array.from({ length: 100 }, (_, index) => index)), null);
  assert.equal(limitOf(calm.map((value, index) => index === 40 ? NaN : value).with(3, 9_999)), 100);
});

test("bursts among zeros are what is usual; few of them are not cut off", () => {
  const idle = Array.from({ length: 100 }, () => 0);
  assert.equal(limitOf(idle.with(50, 1_000)), null);
  const bursts = idle.map((_, index) => index % 5 === 0 ? 10 : 0);
  assert.equal(limitOf(bursts), null);
  assert.equal(limitOf(bursts.with(51, 1_000)), 20);
});

test("the logarithmic axis rises from zero to at most the highest value", () => {
  fc.assert(fc.property(fc.double({ min: 1e-6, max: 1e18, noNaN: true }), (highest) => {
    for (const unit of ["bytes", "percent"] as const) {
      const ticks = logTicks(unit, highest);
      assert.equal(ticks[0], 0);
      assert.ok(ticks.length >= 3 && ticks[ticks.length - 1] <= highest * (1 + 1e-9), `${ticks}`);
      assert.ok(ticks.every((tick, index) => index === 0 || tick > ticks[index - 1]), `${ticks}`);
    }
  }));
});
