import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { meanRatio } from "../../../core/compare/ratio.ts";

test("the deviation of a ratio is that of its parts, propagated", () => {
  // By hand: 2/1 = 2; 2 * sqrt(0.1² + 0.15²) = 0.36056.
  const found = meanRatio({ mean: 1, deviation: 0.1 }, { mean: 2, deviation: 0.3 })!;
  assert.equal(found.ratio, 2);
  assert.ok(Math.abs(found.deviation - 0.3605551275463989) < 1e-12, `${found.deviation}`);
});

test("there is none to a mean of zero, and the deviation of a single run stays unknown", () => {
  assert.equal(meanRatio({ mean: 0, deviation: 0 }, { mean: 2, deviation: 1 }), undefined);
  assert.ok(Number.isNaN(meanRatio({ mean: 1, deviation: NaN }, { mean: 2, deviation: 1 })!.deviation));
  assert.deepEqual(meanRatio({ mean: 4, deviation: 0 }, { mean: 0, deviation: 0 }), {
    ratio: 0,
    deviation: 0,
  });
});

test("the unit does not matter", () => {
  const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
  fc.assert(fc.property(positive, positive, positive, positive, positive, (a, da, b, db, unit) => {
    const one = meanRatio({ mean: a, deviation: da }, { mean: b, deviation: db })!;
    const other = meanRatio({ mean: a * unit, deviation: da * unit }, {
      mean: b * unit,
      deviation: db * unit,
    })!;
    assert.ok(Math.abs(one.ratio / other.ratio - 1) < 1e-9);
    assert.ok(Math.abs(one.deviation / other.deviation - 1) < 1e-9);
  }));
});
