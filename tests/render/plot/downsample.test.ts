import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { findExtremes, firstAtOrAfter, fourOf, points, rangeIn } from "../../../render/plot/downsample.ts";

const value = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: 0, max: 1e12, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(NaN) },
);
const series = fc.array(fc.tuple(fc.double({ min: 1e-3, max: 2, noNaN: true }), value), {
  minLength: 1,
  maxLength: 3_000,
})
  .map((pairs) => {
    let now = 0;
    return {
      times: Float64Array.from(pairs, ([step]) => now += step),
      values: Float64Array.from(pairs, ([, value]) => value),
    };
  });
const known = (values: Iterable<number | null | undefined>) =>
  [...values].filter((one): one is number => typeof one === "number" && !Number.isNaN(one));

describe("what is drawn of many samples", () => {
  test("has the lowest and the highest of every column of pixels, and nothing that was not measured", () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 40 }), ({ times, values }, columns) => {
        const line = { values, extremes: findExtremes(values) };
        const end = times[times.length - 1];
        const drawn = points(times, [line], 0, end, columns);
        if (!drawn.thinned) {
          assert.deepEqual(drawn.times, [...times]);
          assert.deepEqual(drawn.lines[0], Array.from(values, (one) => Number.isNaN(one) ? null : one));
          return;
        }
        assert.equal(drawn.lines[0].length, 4 * columns);
        const measured = new Set(values);
        for (let column = 0; column < columns; column++) {
          const four = drawn.lines[0].slice(4 * column, 4 * column + 4);
          assert.ok(known(four).every((one) => measured.has(one)));
          const from = (end * column) / columns;
          const to = column === columns - 1 ? Infinity : (end * (column + 1)) / columns;
          const inside = known(values.filter((_, at) => times[at] >= from && times[at] < to));
          if (inside.length === 0) {
            assert.equal(known(four).length, 0);
          } else {
            assert.equal(Math.max(...known(four)), Math.max(...inside));
            assert.equal(Math.min(...known(four)), Math.min(...inside));
            assert.equal(four[0], inside[0]);
            assert.equal(four[3], inside.at(-1));
          }
        }
        assert.deepEqual(drawn.times, drawn.times.toSorted((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  test("keeps a peak of one sample among a million, at every zoom", () => {
    const count = 1_000_000;
    const times = Float64Array.from({ length: count }, (_, at) => at / 10);
    const values = new Float64Array(count).fill(1);
    values[765_432] = 99;
    const line = { values, extremes: findExtremes(values) };
    for (let span = 100_000; span > 20; span /= 3) {
      const from = 76_543.2 - span * 0.37;
      const { lines } = points(times, [line], from, from + span, 800);
      assert.ok(lines[0].includes(99), `not seen in ${span} s`);
      assert.deepEqual(rangeIn(times, line, from, from + span), [0, 99]);
    }
    assert.deepEqual(rangeIn(times, line, 0, 1_000), [0, 1]);
    values[123] = -7;
    const below = { values, extremes: findExtremes(values) };
    assert.deepEqual(rangeIn(times, below, 0, 1_000), [-7, 1]);
  });

  test("keeps a gap, and tells it from a column without a sample", () => {
    const times = Float64Array.from({ length: 1_000 }, (_, at) => at < 500 ? at / 500 : at);
    const values = new Float64Array(1_000).fill(5).fill(NaN, 600, 800);
    const { lines } = points(times, [{ values, extremes: findExtremes(values) }], 0, 1_000, 100);
    assert.equal(lines[0][4 * 20], undefined, "no sample");
    assert.equal(lines[0][4 * 70], null, "samples that know nothing");
    assert.equal(lines[0][4 * 90], 5);
  });

  test("goes on to the sample before and the one after what is seen", () => {
    const times = Float64Array.from([0, 10, 20, 30]);
    const values = Float64Array.from([1, 2, 3, 4]);
    const drawn = points(times, [{ values, extremes: findExtremes(values) }], 11, 19, 100);
    assert.deepEqual(drawn.times, [10, 20, 30]);
  });
});

test("four of a stretch are found as a plain search finds them", () => {
  fc.assert(
    fc.property(series, fc.nat(), fc.nat(), ({ values }, a, b) => {
      const [from, to] = [a % (values.length + 1), b % (values.length + 1)].sort((x, y) => x - y);
      const four = fourOf(values, findExtremes(values), from, to);
      const inside = known(values.subarray(from, to));
      if (inside.length === 0) return assert.deepEqual(four, []);
      assert.deepEqual(four, four.toSorted((x, y) => x - y));
      assert.equal(Math.max(...four.map((at) => values[at])), Math.max(...inside));
      assert.equal(Math.min(...four.map((at) => values[at])), Math.min(...inside));
    }),
    { numRuns: 300 },
  );
});

test("the first place at or after a time", () => {
  fc.assert(fc.property(series, fc.double({ min: -1, max: 4_000, noNaN: true }), ({ times }, time) => {
    const plain = times.findIndex((one) => one >= time);
    assert.equal(firstAtOrAfter(times, time), plain < 0 ? times.length : plain);
  }));
});
