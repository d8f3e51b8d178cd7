import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fold } from "../../../core/measure/fold.ts";
import { unknownReading } from "../../../core/measure/reading.ts";
import type { Reading } from "../../../core/measure/reading.ts";
import { assertNear } from "../../support/expect.ts";

function reading(values: Partial<Reading>): Reading {
  return { ...unknownReading(), ...values };
}

test("the mean of memory is weighted by time", () => {
  const fold = new Fold();
  fold.observe(reading({ memoryBytes: 100 }), 0);
  fold.observe(reading({ memoryBytes: 100 }), 9);
  fold.observe(reading({ memoryBytes: 300 }), 10);
  // Nine seconds at 100, and a second on the way from 100 to 300.
  assertNear(fold.avgMemoryBytes, (9 * 100 + 200) / 10, 1e-12, 0);
});

test("the peak of resident memory is kept apart from what the kernel counts", () => {
  const fold = new Fold();
  fold.observe(reading({ memoryBytes: 900, residentBytes: 60 }), 0);
  fold.observe(reading({ memoryBytes: 800, residentBytes: 70 }), 1);
  fold.observe(reading({ memoryBytes: 700 }), 2);
  assert.deepEqual([fold.peakMemoryBytes, fold.peakResidentBytes], [900, 70]);
});

test("a time without a known memory has no weight", () => {
  const fold = new Fold();
  fold.observe(reading({ memoryBytes: 100 }), 0);
  fold.observe(reading({ memoryBytes: 100 }), 1);
  fold.observe(reading({}), 50);
  assert.equal(fold.avgMemoryBytes, 100);
});

test("the mean of a single reading is that reading; of none it is unknown", () => {
  const fold = new Fold();
  assert.ok(Number.isNaN(fold.avgMemoryBytes));
  fold.observe(reading({ memoryBytes: 42 }), 0);
  assert.equal(fold.avgMemoryBytes, 42);
});

test("the peak is the highest simultaneous sum, or what the kernel knows to be higher", () => {
  const fold = new Fold();
  assert.ok(Number.isNaN(fold.peakMemoryBytes));
  fold.observe(reading({ memoryBytes: 50 }), 0);
  fold.observe(reading({ memoryBytes: 40, knownPeakMemoryBytes: 45 }), 1);
  assert.equal(fold.peakMemoryBytes, 50);
  fold.observe(reading({ memoryBytes: 10, knownPeakMemoryBytes: 70 }), 2);
  assert.equal(fold.peakMemoryBytes, 70);
  fold.observe(reading({}), 3);
  assert.equal(fold.peakMemoryBytes, 70);
});

test("the most processes and threads at a time are kept", () => {
  const fold = new Fold();
  fold.observe(reading({ processCount: 3, threadCount: 9 }), 0);
  fold.observe(reading({ processCount: 1 }), 1);
  assert.equal(fold.peakProcessCount, 3);
  assert.equal(fold.peakThreadCount, 9);
});

test("the highest rate is that of any sample; unknown ones do not count", () => {
  const fold = new Fold();
  for (const rate of [50, 150, NaN, 0]) fold.observeRate(rate);
  assert.equal(fold.maxCpuPercent, 150);
  assert.equal(fold.sampleCount, 4);
});

test("property: the mean lies between the least and the greatest, and never above the peak", () => {
  const step = fc.record({
    memory: fc.integer({ min: 0, max: 1e12 }),
    seconds: fc.double({ min: 0, max: 60, noNaN: true }),
  });
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
    const fold = new Fold();
    let elapsed = 0;
    for (const { memory, seconds } of steps) {
      fold.observe(reading({ memoryBytes: memory }), elapsed += seconds);
    }
    // Without memory there are only zombies: that is not a figure.
    const all = steps.map(({ memory }) => memory).filter((memory) => memory > 0);
    if (all.length === 0) {
      assert.deepEqual([fold.avgMemoryBytes, fold.peakMemoryBytes], [NaN, NaN]);
      return;
    }
    assert.ok(fold.avgMemoryBytes >= Math.min(...all) - 1e-3);
    assert.ok(fold.avgMemoryBytes <= Math.max(...all) + 1e-3);
    assert.equal(fold.peakMemoryBytes, Math.max(...all));
  }));
});
