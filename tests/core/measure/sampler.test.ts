import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { IntervalRule } from "../../../core/measure/interval.ts";
import { Total } from "../../../core/measure/raw.ts";
import { Aggregate } from "../../../core/measure/aggregate.ts";
import { METRIC_NAMES } from "../../../core/measure/metrics.ts";
import { Fold } from "../../../core/measure/fold.ts";
import { unknownReading } from "../../../core/measure/reading.ts";
import type { Reading } from "../../../core/measure/reading.ts";
import { Sampler } from "../../../core/measure/sampler.ts";

const CAPACITY = { cpus: 2, memoryBytes: 1_000 };
const STEADY: IntervalRule = { baseMs: 100, maxMs: 100, adaptive: false, budgetPercent: 100 };

function reading(cpuSeconds: number, values: Partial<Reading> = {}): Reading {
  const made = { ...unknownReading(), processCount: 1, ...values };
  made.totals[Total.cpuSeconds] = cpuSeconds;
  return made;
}

/** A sampler that started at 1,000 ms, and the rates that it has told. */
function sampler(rule: IntervalRule | null): { sampler: Sampler; rates: number[] } {
  const rates: number[] = [];
  const made = new Sampler(1_000, CAPACITY, {
    observe: () => {},
    observeRate: (rate) => rates.push(rate),
    stand: (count, _elapsed, rate) => rates.push(...new Array<number>(count).fill(rate)),
  });
  made.follow(rule, 1_000 + (rule?.baseMs ?? Infinity));
  return { sampler: made, rates };
}

describe("what is due", () => {
  test("three looks before the first sample, each once, and none where a sample comes first", () => {
    const seen = (baseMs: number) => {
      const { sampler: made } = sampler({ ...STEADY, baseMs });
      const looks: number[] = [];
      while (made.due(made.dueMs - 0.5) === null && made.dueMs < 1_000 + baseMs) {
        const at = made.dueMs;
        assert.equal(made.due(at), "look");
        looks.push(at - 1_000);
      }
      assert.equal(made.dueMs, 1_000 + baseMs);
      assert.equal(made.due(1_000 + baseMs), "sample");
      return looks;
    };
    assert.deepEqual(seen(100), [4, 16, 48]);
    assert.deepEqual(seen(20), [4, 16]);
    assert.deepEqual(seen(2), []);
  });

  test("looks that nobody came for are over with the next", () => {
    const { sampler: made } = sampler(STEADY);
    assert.equal(made.due(1_050), "look");
    assert.equal(made.due(1_050), null);
    assert.equal(made.due(1_100), "sample");
  });

  test("ticks are counted, and those that come late by a tenth of their interval or more", () => {
    const { sampler: made } = sampler(STEADY);
    const tick = (ms: number) => {
      made.due(ms);
      made.schedule(ms, 0);
      return [made.tickCount, made.lateTickCount, made.missedTickCount];
    };
    assert.deepEqual(tick(1_003), [0, 0, 0]);
    // A look, a sample in time, one just in time, one late, and one so late that two others are skipped.
    assert.deepEqual(tick(1_060), [1, 0, 0]);
    assert.deepEqual(tick(1_100), [2, 0, 0]);
    assert.deepEqual(tick(1_209.9), [3, 0, 0]);
    assert.deepEqual(tick(1_310), [4, 1, 0]);
    assert.deepEqual(tick(1_620), [5, 2, 2]);
    assert.deepEqual(tick(1_700), [6, 2, 2]);
  });

  test("nothing without a rule, and nothing at the end", () => {
    const { sampler: made } = sampler(null);
    assert.equal(made.dueMs, Infinity);
    assert.equal(made.due(1e12), null);
    const { sampler: ended } = sampler(STEADY);
    ended.finish();
    assert.equal(ended.dueMs, Infinity);
  });

  test("property: samples and missed ticks are all the ticks that time had, whatever the delays", () => {
    fc.assert(fc.property(fc.array(fc.nat(700), { maxLength: 60 }), (delays) => {
      const { sampler: made } = sampler(STEADY);
      let now = 1_000, samples = 0;
      for (const delay of delays) {
        now = Math.max(now, made.dueMs) + delay;
        if (made.due(now) !== "sample") continue;
        samples++;
        made.sample(reading(0), now);
        made.schedule(now, 0);
        assert.ok(made.dueMs > now && made.dueMs <= now + 100);
      }
      const ticks = Math.floor((now - 1_000) / 100);
      assert.ok(Math.abs(samples + made.missedTickCount - ticks) <= 1);
    }));
  });

  test("what sampling costs stretches the interval to keep the budget", () => {
    const { sampler: made } = sampler({ ...STEADY, budgetPercent: 1 });
    made.due(1_050);
    made.sample(reading(0), 1_100);
    made.schedule(1_100, 3);
    assert.equal(made.dueMs, 1_100 + 300);
  });

  test("later and later while nothing changes, at the base again when something does", () => {
    const { sampler: made } = sampler({ baseMs: 100, maxMs: 2_000, adaptive: true, budgetPercent: 100 });
    made.due(1_050);
    const interval = (values?: Partial<Reading>) => {
      const now = made.dueMs;
      made.sample(reading(0, values), now);
      made.schedule(now, 0);
      return made.dueMs - now;
    };
    const quiet = Array.from({ length: 40 }, () => interval());
    assert.equal(quiet[0], 100);
    assert.deepEqual(quiet, [...quiet].sort((a, b) => a - b));
    assert.ok(quiet.at(-1)! > 1_500);
    assert.equal(interval({ processCount: 2 }), 100);
  });
});

describe("what stands still", () => {
  test("property: standing comes to what looks and samples of the same reading come to", () => {
    const step = fc.record({
      ms: fc.integer({ min: 0, max: 3_000 }),
      moved: fc.option(
        fc.record({
          uses: fc.constantFrom(0, 0.25, NaN),
          memoryBytes: fc.constantFrom(1_000, 5_000, NaN),
          catchUps: fc.constantFrom(0, 1),
        }),
        { freq: 1, nil: undefined },
      ),
    });
    let stood = 0;
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const [plain, lazy] = [0, 1].map(() => {
        const folding = new Aggregate();
        const made = new Sampler(1_000, CAPACITY, folding);
        made.follow({ ...STEADY, maxMs: 500, adaptive: true }, 1_100);
        return { folding, made };
      });
      let [now, cpuSeconds, memoryBytes, catchUpCount] = [1_000, 1, 1_000, 0];
      for (const { ms, moved } of steps) {
        now += ms;
        if (moved) {
          cpuSeconds = (cpuSeconds || 1) + moved.uses;
          memoryBytes = moved.memoryBytes;
          catchUpCount += moved.catchUps;
        }
        const seen = reading(cpuSeconds, { memoryBytes, catchUpCount });
        plain.made.look(seen, now);
        const { elapsedSeconds, intervalSeconds } = plain.made.sample(seen, now);
        const interval = moved ? null : lazy.made.stand(seen, now);
        if (interval) {
          stood++;
          assert.deepEqual(interval, { elapsedSeconds, intervalSeconds });
        } else {
          lazy.made.look(seen, now, moved !== undefined);
          assert.deepEqual(lazy.made.sample(seen, now).intervalSeconds, intervalSeconds);
        }
        for (const { made } of [plain, lazy]) made.schedule(now, 0);
        assert.equal(lazy.made.dueMs, plain.made.dueMs);
        assert.deepEqual(lazy.folding.values(METRIC_NAMES), plain.folding.values(METRIC_NAMES));
      }
    }));
    assert.ok(stood > 100, `${stood}`);
  });
});

describe("what is stirred", () => {
  const ADAPTIVE: IntervalRule = {
    baseMs: 100,
    maxMs: 2_000,
    calmMs: 10_000,
    adaptive: true,
    budgetPercent: 1,
  };

  /** One that stands still for so long, told of whatever begins; when the last sample was. */
  function still(forMs: number, rule = ADAPTIVE, isTold = true): { sampler: Sampler; lastMs: number } {
    const { sampler: made } = sampler(rule);
    made.due(1_050);
    let lastMs = 1_000;
    while (made.dueMs <= 1_000 + forMs) {
      lastMs = made.dueMs;
      assert.equal(made.due(lastMs), "sample");
      made.look(reading(0), lastMs, false);
      if (!made.passOver(reading(0), lastMs)) made.sample(reading(0), lastMs);
      made.schedule(lastMs, 0, isTold);
    }
    return { sampler: made, lastMs };
  }

  test("is seen at once, and soon after the last sample not before the base", () => {
    const { sampler: made, lastMs } = still(60_000);
    assert.ok(made.dueMs - lastMs > 5_000);
    made.stir(lastMs + 3_000);
    assert.equal(made.dueMs, lastMs + 3_000);
    assert.equal(made.due(lastMs + 3_000), "sample");
    assert.equal(made.lateTickCount, 0);
    made.look(reading(1), lastMs + 3_000);
    made.sample(reading(1), lastMs + 3_000);
    made.schedule(lastMs + 3_000, 0, true);
    made.stir(lastMs + 3_001);
    assert.equal(made.dueMs, lastMs + 3_100);
  });

  test("is no reason where the interval does not adapt, nor one to exceed the budget", () => {
    const { sampler: steady, lastMs } = still(10_000, { ...ADAPTIVE, baseMs: 2_000, adaptive: false });
    steady.stir(lastMs + 1);
    assert.equal(steady.dueMs, lastMs + 2_000);
    const { sampler: dear } = sampler(ADAPTIVE);
    dear.due(1_100);
    dear.sample(reading(0), 1_100);
    dear.schedule(1_100, 7);
    dear.stir(1_101);
    assert.equal(dear.dueMs, 1_100 + 700);
  });

  test("property: however often something happens, there are no more samples than the base allows", () => {
    fc.assert(fc.property(fc.array(fc.nat(300), { maxLength: 100 }), (pauses) => {
      const { sampler: made } = sampler(ADAPTIVE);
      made.due(1_050);
      let now = 1_050, count = 0, cpu = 0;
      for (const pause of pauses) {
        now += pause;
        made.stir(now);
        if (made.due(now) !== "sample") continue;
        count++;
        assert.ok(count <= (now - 1_000) / 100, `${count} in ${now - 1_000} ms`);
        made.look(reading(++cpu), now);
        made.sample(reading(cpu), now);
        made.schedule(now, 0, true);
      }
    }));
  });

  test("lets the interval grow on where nothing moves: by a quarter of how long that has been, to its own ceiling", () => {
    const after = (ms: number, isTold = true) => {
      const { sampler: made, lastMs } = still(ms, ADAPTIVE, isTold);
      return made.dueMs - lastMs;
    };
    assert.equal(after(9_000) <= 2_000, true);
    assert.equal(after(400_000), 10_000);
    assert.equal(after(400_000, false), 2_000);
    const { sampler: made, lastMs } = still(20_000);
    const interval = made.dueMs - lastMs;
    assert.ok(interval > 2_000 && interval <= 20_000 / 4, `${interval}`);
    // What moves without an event is seen as often as else.
    const now = made.dueMs;
    made.due(now);
    made.look(reading(0.001), now);
    made.sample(reading(0.001), now);
    made.schedule(now, 0, true);
    assert.equal(made.dueMs - now, 2_000);
  });
});

describe("an interval", () => {
  test("property: one follows the other, and each has the rate of the CPU between its ends", () => {
    const step = fc.record({ ms: fc.integer({ min: 1, max: 5_000 }), cpu: fc.nat(5_000) });
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const { sampler: made, rates } = sampler(STEADY);
      let now = 1_000, cpu = 0, sum = 0;
      for (const { ms, cpu: used } of steps) {
        now += ms;
        const { elapsedSeconds, intervalSeconds, cpuSecondsBefore } = made.sample(
          reading((cpu + used) / 1_000),
          now,
        );
        sum += intervalSeconds;
        assert.ok(Math.abs(sum - elapsedSeconds) < 1e-9);
        assert.equal(cpuSecondsBefore, cpu / 1_000);
        assert.ok(Math.abs(rates.at(-1)! - used / ms * 100) < 1e-6);
        cpu += used;
      }
      assert.equal(rates.length, steps.length);
    }));
  });

  test("has no rate where what was found belongs to the time before", () => {
    const { sampler: made, rates } = sampler(STEADY);
    made.sample(reading(1), 1_100);
    assert.ok(Number.isNaN(made.sample(reading(9, { catchUpCount: 1 }), 1_200).cpuSecondsBefore));
    made.sample(reading(9.1, { catchUpCount: 1 }), 1_300);
    assert.deepEqual(rates.map((rate) => Math.round(rate)), [1_000, NaN, 100]);
  });

  test("begins with what was used before, or with nothing as long as nobody was there", () => {
    const counted = sampler(STEADY).sampler;
    counted.begin(reading(5));
    assert.equal(counted.sample(reading(6), 1_100).cpuSecondsBefore, 5);
    const awaited = sampler(STEADY).sampler;
    awaited.begin(reading(NaN, { processCount: 0 }));
    assert.equal(awaited.sample(reading(NaN, { processCount: 0 }), 1_100).cpuSecondsBefore, 0);
    assert.equal(awaited.sample(reading(2), 1_200).cpuSecondsBefore, 0);
    awaited.sample(reading(NaN, { processCount: 0 }), 1_300);
    assert.ok(Number.isNaN(awaited.sample(reading(3), 1_400).cpuSecondsBefore), "it was known once");
  });

  test("that is the last and very short is taken together with the one before", () => {
    const { sampler: made } = sampler(STEADY);
    made.sample(reading(1), 1_100);
    made.sample(reading(2), 1_200);
    const last = made.sample(reading(2.1), 1_205, true);
    assert.deepEqual([last.intervalSeconds, last.cpuSecondsBefore], [0.105, 1]);
  });
});

describe("samples that nobody reads", () => {
  const ADAPTIVE: IntervalRule = { baseMs: 100, maxMs: 1_000, adaptive: true, budgetPercent: 100 };
  /** What a summary is told, and a task's messages. */
  const summed = (fold: Fold, aggregate: Aggregate) => ({
    samples: fold.sampleCount,
    maxCpu: fold.maxCpuPercent,
    peaks: [fold.peakMemoryBytes, fold.peakResidentBytes, fold.peakThreadCount, fold.peakProcessCount],
    aggregated: { ...aggregate.values(["cpu_percent", "memory_bytes"]), avg_memory_usage: undefined },
  });
  const unknownOr = (value: fc.Arbitrary<number>) =>
    fc.oneof({ weight: 9, arbitrary: value }, fc.constant(NaN));
  const moveOf = fc.record({
    cpuSeconds: unknownOr(fc.double({ min: 0, max: 5, noNaN: true })),
    memoryBytes: unknownOr(fc.nat(900)),
    residentBytes: unknownOr(fc.nat(900)),
    processCount: fc.nat(3),
    threadCount: unknownOr(fc.nat(9)),
    catchesUp: fc.boolean(),
  });
  type Move = typeof moveOf extends fc.Arbitrary<infer T> ? T : never;
  const tickOf = fc.record({
    delayMs: fc.oneof(fc.constant(0), fc.nat(250)),
    // Most ticks of a tree that waits find nothing new.
    move: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, moveOf),
    isLook: fc.boolean(),
    isLast: fc.boolean(),
  });

  test("property: passed over or taken, the same is told at the end, and ticks fall due at the same times", () => {
    let passedInAll = 0;
    fc.assert(
      fc.property(fc.array(tickOf, { minLength: 20, maxLength: 80 }), fc.boolean(), (ticks, isAdaptive) => {
        const rule = isAdaptive ? ADAPTIVE : STEADY;
        const run = (mayPass: boolean) => {
          const [fold, aggregate] = [new Fold(), new Aggregate()];
          const made = new Sampler(1_000, CAPACITY, {
            observe: (...seen) => [fold, aggregate].forEach((one) => one.observe(...seen)),
            observeRate: (rate) => [fold, aggregate].forEach((one) => one.observeRate(rate)),
            stand: (...told) => [fold, aggregate].forEach((one) => one.stand(...told)),
          });
          made.follow(rule, 1_000 + rule.baseMs);
          const now = reading(0, { memoryBytes: 100, residentBytes: 90, threadCount: 1 });
          made.look(now, 1_000);
          const due: number[] = [];
          let passed = 0;
          for (const { delayMs, move, isLook, isLast } of ticks) {
            const nowMs = made.dueMs + delayMs;
            if (move) apply(move, now);
            const kind = made.due(nowMs);
            if (kind === "look" || isLook) made.look(now, nowMs, move !== null);
            if (kind === "sample") {
              if (mayPass && !move && made.passOver(now, nowMs)) passed++;
              else {
                made.look(now, nowMs, move !== null);
                const { intervalSeconds } = made.sample(now, nowMs, isLast);
                assert.ok(intervalSeconds > 0);
              }
              made.schedule(nowMs, 0);
            }
            due.push(made.dueMs);
          }
          made.look(now, made.dueMs);
          return { due, passed, told: summed(fold, aggregate), mean: fold.avgMemoryBytes };
        };
        const [taken, passing] = [run(false), run(true)];
        assert.equal(taken.passed, 0);
        passedInAll += passing.passed;
        assert.deepEqual(passing.due, taken.due);
        assert.deepEqual(passing.told, taken.told);
        // Weighted in fewer sums, so that the last digits differ.
        const close = Math.abs(passing.mean - taken.mean) <= 1e-9 * taken.mean;
        assert.ok(close || Object.is(passing.mean, taken.mean), `${passing.mean} for ${taken.mean}`);
      }),
      { numRuns: 500 },
    );
    assert.ok(passedInAll > 500, `${passedInAll} were passed over`);
  });

  function apply({ cpuSeconds, catchesUp, ...gauges }: Move, now: Reading): void {
    // Totals never decrease, but may be unknown for a while.
    now.totals[Total.cpuSeconds] += cpuSeconds;
    if (Number.isNaN(now.totals[Total.cpuSeconds])) {
      now.totals[Total.cpuSeconds] = Number.isNaN(cpuSeconds) ? NaN : cpuSeconds;
    }
    Object.assign(now, gauges);
    if (catchesUp) now.catchUpCount++;
  }

  test("the first of a tree that stands still is taken, and so is one that has moved", () => {
    const { sampler: made, rates } = sampler(STEADY);
    const now = reading(1);
    const tick = (ms: number, moved: boolean): boolean => {
      if (!moved && made.passOver(now, ms)) return true;
      made.look(now, ms, moved);
      made.sample(now, ms);
      return false;
    };
    assert.deepEqual([tick(1_100, true), tick(1_200, false), tick(1_300, false), tick(1_400, false)], [
      false,
      false,
      true,
      true,
    ]);
    assert.equal(rates.length, 2);
    // Renewed between two samples, as by a child that has ended.
    now.totals[Total.cpuSeconds] = 1.05;
    assert.equal(tick(1_500, false), false);
    assert.deepEqual(rates.slice(1).map((rate) => Math.round(rate)), [0, 0, 0, 50]);
  });

  test("those that were passed over elsewhere count as if they had been here", () => {
    const made = [false, true].map((isElsewhere) => {
      const fold = new Fold();
      const one = new Sampler(1_000, CAPACITY, fold);
      one.follow(STEADY, 1_100);
      const now = reading(1);
      const take = (nowMs: number) => {
        one.due(nowMs);
        if (!one.passOver(now, nowMs)) {
          one.look(now, nowMs, nowMs === 1_100);
          one.sample(now, nowMs);
        }
        one.schedule(nowMs, 0);
      };
      for (const nowMs of [1_100, 1_200, 1_300]) take(nowMs);
      assert.deepEqual(one.passing(1_310, 0), { dueMs: 1_400, intervalMs: 100 });
      if (isElsewhere) one.passed({ count: 3, lateCount: 1, lastMs: 1_601, beforeMs: 1_520 });
      else for (const nowMs of [1_400, 1_520, 1_601]) take(nowMs);
      if (isElsewhere) one.passed({ count: 0, lateCount: 0, lastMs: NaN, beforeMs: NaN });
      const { dueMs, tickCount, lateTickCount, missedTickCount } = one;
      take(1_700);
      const last = one.sample(now, 1_705, true);
      return { dueMs, tickCount, lateTickCount, missedTickCount, last, samples: fold.sampleCount };
    });
    assert.deepEqual(made[1], made[0]);
    assert.equal(made[0].lateTickCount, 1);
  });

  test("none is passed over elsewhere before one was here, nor while the interval still grows", () => {
    const steady = sampler(STEADY).sampler;
    assert.equal(steady.passing(1_050, 0), null);
    const growing = sampler(ADAPTIVE).sampler;
    for (const nowMs of [1_100, 1_200, 1_300]) {
      growing.due(nowMs);
      if (!growing.passOver(reading(1), nowMs)) growing.sample(reading(1), nowMs);
      growing.schedule(nowMs, 0);
    }
    assert.equal(growing.passing(1_310, 0), null);
  });
});
