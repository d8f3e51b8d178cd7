import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  axisSteps,
  inWords,
  onAxis,
  ticksOf,
  TIME_STEPS,
  timeInWords,
  timeOnAxis,
} from "../../pictures/axes.ts";

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
      [90_000, 3_600, "1d 1h 0m"],
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

  test("steps rise", () => {
    for (const steps of [TIME_STEPS, axisSteps("percent"), axisSteps("bytes"), axisSteps("count")]) {
      assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
    }
  });
});
