import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { describe, holm, welch } from "../../../core/compare/statistics.ts";
import { twoSidedProbability, twoSidedQuantile } from "../../../core/compare/student_t.ts";

/** Close to a reference, in the digits that it was printed with. */
function assertClose(actual: number, expected: number, relative = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual} is not ${expected}`);
}

// Computed with scipy 1.x: 2 * stats.t.sf(t, df), stats.t.isf(p / 2, df).
const PROBABILITIES = [
  [0.1, 1, 0.936548965138893],
  [2.5, 3.7, 0.07182202291182678],
  [12.706, 1, 0.05000080235813319],
  [6, 40, 4.7264551327881806e-07],
  [1.96, 1e6, 0.04999606758526985],
  [30, 5, 7.718648620496053e-07],
];
const QUANTILES = [
  [0.05, 1, 12.706204736174705],
  [0.05, 2, 4.302652729749464],
  [0.05, 4.5, 2.658912347204404],
  [0.01, 10, 3.1692726726169504],
  [0.001, 120, 3.3734537685625003],
];

test("Student's t agrees with scipy", () => {
  for (const [t, df, expected] of PROBABILITIES) assertClose(twoSidedProbability(t, df), expected);
  for (const [p, df, expected] of QUANTILES) assertClose(twoSidedQuantile(p, df), expected);
});

test("Student's t agrees with the printed table", () => {
  // Abramowitz and Stegun, table 26.10.
  for (
    const [df, at10, at5, at1] of [[5, 2.015, 2.571, 4.032], [10, 1.812, 2.228, 3.169], [
      30,
      1.697,
      2.042,
      2.750,
    ]]
  ) {
    assert.equal(twoSidedQuantile(0.10, df).toFixed(3), at10.toFixed(3));
    assert.equal(twoSidedQuantile(0.05, df).toFixed(3), at5.toFixed(3));
    assert.equal(twoSidedQuantile(0.01, df).toFixed(3), at1.toFixed(3));
  }
});

test("probability and quantile undo each other, and the probability falls with t", () => {
  fc.assert(fc.property(
    fc.double({ min: 1e-6, max: 0.999, noNaN: true }),
    fc.double({ min: 1, max: 1e4, noNaN: true }),
    (p, df) => assertClose(twoSidedProbability(twoSidedQuantile(p, df), df), p, 1e-6),
  ));
  fc.assert(fc.property(
    fc.double({ min: 0, max: 50, noNaN: true }),
    fc.double({ min: 1, max: 500, noNaN: true }),
    (t, df) => {
      const p = twoSidedProbability(t, df);
      assert.ok(p >= 0 && p <= 1 && p >= twoSidedProbability(t + 1, df));
    },
  ));
});

// scipy: ttest_ind(second, first, equal_var=False), confidence_interval(0.95).
const WELCH = [
  {
    first: [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4],
    second: [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 27.5],
    expected: [0.006120469618650091, 0.9399600690191878, 5.140039930980818],
  },
  {
    first: [1.43, 1.4, 1.47, 1.42, 1.44],
    second: [1.51, 1.56, 1.47],
    expected: [0.06994951457337409, -0.012826730258472932, 0.17549339692513988],
  },
  {
    first: [3, 4, 1],
    second: [6.5, 7, 5.5, 8],
    expected: [0.022781435628964824, 1.0149032453127451, 7.151763421353923],
  },
];

test("Welch's test agrees with scipy", () => {
  for (const { first, second, expected } of WELCH) {
    const { probability, low, high } = welch(describe(first), describe(second), 0.95);
    assertClose(probability, expected[0], 1e-8);
    assertClose(low, expected[1], 1e-8);
    assertClose(high, expected[2], 1e-8);
  }
});

test("Welch's test does not care which comes first, nor about the unit", () => {
  const runs = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 3, maxLength: 12 });
  fc.assert(fc.property(runs, runs, (a, b) => {
    const there = welch(describe(a), describe(b), 0.95);
    const back = welch(describe(b), describe(a), 0.95);
    const scaled = welch(describe(a.map((x) => x * 8)), describe(b.map((x) => x * 8)), 0.95);
    assert.ok(Math.abs(there.probability - back.probability) < 1e-9);
    assert.ok(Math.abs(there.probability - scaled.probability) < 1e-9);
    assert.ok(Math.abs(there.low + back.high) < 1e-6 * (1 + Math.abs(there.low)));
    assert.ok(there.low <= there.difference && there.difference <= there.high);
  }));
});

test("without deviation there is no noise, and any difference is one", () => {
  assert.equal(welch(describe([4, 4, 4]), describe([4, 4, 4]), 0.95).probability, 1);
  const { probability, low, high } = welch(describe([4, 4, 4]), describe([5, 5, 5]), 0.95);
  assert.deepEqual([probability, low, high], [0, 1, 1]);
  // 0.1 + 0.2 and the like must not pass for noise.
  assert.equal(welch(describe([0.1, 0.1, 0.1]), describe([0.1, 0.1, 0.1]), 0.95).probability, 1);
});

test("a description has mean, deviation, median and range", () => {
  assert.deepEqual(describe([2, 4, 4, 4, 5, 5, 7, 9]), {
    count: 8,
    mean: 5,
    deviation: Math.sqrt(32 / 7),
    median: 4.5,
    min: 2,
    max: 9,
  });
  assert.deepEqual(describe([3]), { count: 1, mean: 3, deviation: NaN, median: 3, min: 3, max: 3 });
  assert.equal(describe([9, 1, 5]).median, 5);
});

test("Holm's correction multiplies the least by all, and never lets one fall below another", () => {
  const close = (values: number[]) => values.map((value) => Number(value.toFixed(10)));
  assert.deepEqual(close(holm([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02]);
  assert.deepEqual(holm([]), []);
  assert.deepEqual(holm([0.7, 0.9]), [1, 1]);
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (all) => {
    const adjusted = holm(all);
    adjusted.forEach((value, index) => assert.ok(value >= all[index] && value <= 1));
  }));
});
