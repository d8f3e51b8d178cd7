import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  axisSteps,
  inWords,
  LONGEST_LABEL,
  onAxis,
  ticksOf,
  TIME_STEPS,
  timeInWords,
  timeOnAxis,
} from "../../../render/plot/axes.ts";

/** What a label says, reckoned by hand. */
function valueOf(label: string): number {
  const [, number, power, unit] = /^([\d.,]+(?:e[+-]\d+)?)(?:([kMGTPE])|( [KMGTPEZY]?i?B))?%?$/.exec(label) ??
    [];
  assert.ok(number !== undefined, label);
  const decimal = power === undefined ? 1 : 1_000 ** (" kMGTPE".indexOf(power));
  const binary = unit === undefined ? 1 : 1_024 ** Math.max(0, " KMGTPEZY".indexOf(unit[1]));
  return Number(number.replaceAll(",", "")) * decimal * binary;
}

describe("axes", () => {
  test("times are as exact as the step between them", () => {
    const cases: [seconds: number, step: number, words: string][] = [
      [0, 5, "0s"],
      [0.25, 0.05, "0.25s"],
      [1e-4, 1e-4, "0.0001s"],
      [59.5, 0.5, "59.5s"],
      [75, 15, "1m 15s"],
      [120, 60, "2m"],
      [3_600, 600, "1h 0m"],
      [93_784, 1, "1d 2h 3m 4s"],
      [90_000, 3_600, "1d 1h"],
      [7_200, 3_600, "2h"],
      [172_800, 86_400, "2d"],
    ];
    for (const [seconds, step, words] of cases) assert.equal(timeOnAxis(seconds, step), words);
    assert.equal(timeInWords(12.3456, 20), "12.35s");
    assert.equal(timeInWords(12.3456, 10_000), "12s");
  });

  test("values have their unit, and bytes powers of two", () => {
    assert.equal(inWords(187.3, "percent"), "187%");
    assert.equal(inWords(1_572_864, "bytes"), "1.5 MiB");
    assert.equal(inWords(2_048, "bytes_per_second"), "2 KiB/s");
    assert.equal(inWords(1_234, "count"), "1,234");
    assert.equal(inWords(0.25, "count_per_second"), "0.3/s");
    assert.equal(onAxis(0, "bytes"), "0");
    assert.equal(onAxis(134_217_728, "bytes"), "128 MiB");
    assert.equal(onAxis(50, "percent"), "50%");
    assert.equal(onAxis(20_000, "count"), "20k");
    assert.equal(onAxis(5_000, "count"), "5,000");
    assert.equal(onAxis(0.2 * 3, "percent"), "0.6%");
    assert.equal(onAxis(0.1 + 0.2, "bytes_per_second"), "0.3 B");
    assert.equal(onAxis(2e-7, "percent"), "2e-7%");
    assert.equal(onAxis(2 ** 30, "bytes_per_second"), "1 GiB");
    assert.equal(onAxis(3 * 2 ** 29, "bytes"), "1.5 GiB");
    assert.equal(onAxis(2_500_000, "count_per_second"), "2.5M");
    assert.ok(axisSteps("bytes").every((step) => Number.isInteger(Math.log2(step))));
  });

  test("ticks begin at 0, keep their distance, stay within, and are not too many", () => {
    const kinds = fc.constantFrom(axisSteps("percent"), axisSteps("bytes"), axisSteps("count"), TIME_STEPS);
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e7, noNaN: true }),
        kinds,
        fc.integer({ min: 2, max: 12 }),
        (top, steps, most) => {
          const { step, at } = ticksOf(top, steps, most);
          assert.ok(steps.includes(step));
          assert.equal(at[0], 0);
          assert.ok(at.length <= most + 1 && at.at(-1)! <= top * (1 + 1e-9));
          at.forEach((value, index) => assert.ok(Math.abs(value - index * step) <= 1e-9 * top));
          // The next finer step would have given more than are wanted.
          const finer = steps[steps.indexOf(step) - 1];
          assert.ok(finer === undefined || top / finer > most);
        },
      ),
    );
  });

  test("labels are round, short, and as many as ticks, over more than twelve decades", () => {
    const units = ["percent", "bytes", "bytes_per_second", "count", "count_per_second"] as const;
    const decades = fc.double({ min: -7, max: 17, noNaN: true });
    fc.assert(
      fc.property(
        decades,
        fc.constantFrom(...units),
        fc.integer({ min: 3, max: 8 }),
        (decade, unit, most) => {
          const whole = unit === "bytes" || unit === "count";
          const top = whole ? Math.max(1, 10 ** decade) : 10 ** decade;
          const { step, at } = ticksOf(top, axisSteps(unit), most);
          assert.ok(at.length >= 2 && at.length <= most + 1, `${at.length} ticks up to ${top}`);
          // As added up, too, which is how the charts of a page come to theirs.
          let sum = 0;
          const sums = at.map(() => (sum += step) - step);
          for (const ticks of [at, sums]) {
            const labels = ticks.map((tick) => onAxis(tick, unit));
            assert.equal(new Set(labels).size, labels.length, `${labels}`);
            labels.forEach((label, index) => {
              assert.ok(label.length <= LONGEST_LABEL, label);
              const digits = /^[\d.,]+/.exec(label)![0].replace(/[.,]/g, "").replace(/^0+|0+$/g, "");
              assert.ok(digits.length <= (unit.startsWith("bytes") ? 4 : 2), label);
              const value = valueOf(label);
              assert.ok(!/^(1024|1000) /.test(label), `${label} is one of the next unit`);
              assert.ok(Math.abs(value - at[index]) <= 1e-6 * at[index], `${label} is not ${at[index]}`);
            });
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("times have few and different labels from a microsecond to centuries", () => {
    const decades = fc.double({ min: -3, max: 10, noNaN: true });
    fc.assert(fc.property(decades, fc.integer({ min: 3, max: 12 }), (decade, most) => {
      const { step, at } = ticksOf(10 ** decade, TIME_STEPS, most);
      assert.ok(at.length >= 2 && at.length <= most + 1, `${at.length} ticks up to ${10 ** decade} s`);
      const labels = at.map((time) => timeOnAxis(time, step));
      assert.equal(new Set(labels).size, labels.length, `${labels}`);
      assert.ok(labels.every((label) => label.length <= 9), `${labels}`);
    }));
  });

  test("steps rise", () => {
    for (const steps of [TIME_STEPS, axisSteps("percent"), axisSteps("bytes"), axisSteps("count")]) {
      assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
    }
  });
});
