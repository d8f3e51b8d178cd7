import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ProcessFolds, sharedCpuSeconds } from "../../../core/measure/process_folds.ts";
import { SUMMED } from "../../../core/measure/process_figures.ts";
import { ProcessLife } from "../../../core/measure/process_life.ts";

interface Made {
  readonly name: string;
  readonly cpu: number;
  readonly peak: number;
  readonly lived: number;
  readonly failed: boolean;
}

const MADE = fc.record({
  name: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz"),
  // Whole numbers add up the same in any order.
  cpu: fc.nat(1_000),
  peak: fc.nat(1_000),
  lived: fc.nat(1_000),
  failed: fc.boolean(),
});

function life({ name, cpu, peak, lived, failed }: Made, pid: number): ProcessLife {
  const made = new ProcessLife(pid, 1, 1e9);
  made.name = name;
  made.endNs = 1e9 + lived * 1e9;
  made.end = { exitCode: failed ? 1 : 0, signal: null };
  for (const counter of SUMMED) made.figures[counter] = cpu;
  made.figures.peakMemoryBytes = peak;
  return made;
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

describe("the folds", () => {
  test("put who has no file that tells it apart to the one program of its name and path", () => {
    const known = (name: string, executable: string | null, executableId: string | null) => {
      const made = life({ name, cpu: 1, peak: 1, lived: 1, failed: false }, 1);
      return Object.assign(made, { executable, executableId });
    };
    const folds = new ProcessFolds();
    folds.add(known("true", "/bin/true", null));
    for (let count = 0; count < 3; count++) folds.add(known("true", "/bin/true", "1:2"));
    folds.add(known("true", "/opt/true", "1:3"));
    // Of two that were at one path nobody knows which it was, and without a path it may be any.
    for (const id of ["1:4", "1:5", null]) folds.add(known("cc", "/bin/cc", id));
    for (const id of ["1:6", null]) folds.add(known("sh", id && "/bin/sh", id));
    folds.finish();
    assert.deepEqual(
      folds.programs.map(({ name, executable, processCount }) => `${name} ${executable} ${processCount}`)
        .sort(),
      [
        "cc /bin/cc 1",
        "cc /bin/cc 1",
        "cc /bin/cc 1",
        "sh /bin/sh 1",
        "sh null 1",
        "true /bin/true 4",
        "true /opt/true 1",
      ],
    );
    assert.equal(sum(folds.programs.map(({ figures }) => figures.cpuSeconds)), 10);
  });

  test("property: sums, peaks and counts are those of the parts, with few rows and with many", () => {
    fc.assert(fc.property(fc.array(MADE, { minLength: 1 }), fc.integer({ min: 1, max: 30 }), (made, most) => {
      const folds = new ProcessFolds(most, 3);
      made.forEach((one, index) => folds.add(life(one, index)));
      folds.finish();
      assert.ok(folds.programs.length <= most);
      const rows = [...folds.programs, ...(folds.others ? [folds.others] : [])];
      for (const counter of SUMMED) {
        assert.equal(
          sum(rows.map(({ figures }) => figures[counter])),
          sum(made.map(({ cpu }) => cpu)),
          counter,
        );
      }
      assert.equal(sum(rows.map(({ processCount }) => processCount)), made.length);
      assert.equal(folds.processCount, made.length);
      assert.equal(
        sum(rows.map(({ failedCount }) => failedCount)),
        made.filter(({ failed }) => failed).length,
      );
      const peaks = rows.map(({ figures }) => figures.peakMemoryBytes);
      assert.equal(Math.max(...peaks), Math.max(...made.map(({ peak }) => peak)));
      const longest = rows.map(({ longestSeconds }) => longestSeconds);
      assert.equal(Math.max(...longest), Math.max(...made.map(({ lived }) => lived)));
    }));
  });

  test("property: the dearest are those that sorting all of them gives", () => {
    fc.assert(fc.property(fc.array(MADE), (made) => {
      const folds = new ProcessFolds(4, 5);
      made.forEach((one, index) => folds.add(life(one, index)));
      const best = made.toSorted((a, b) => b.cpu - a.cpu || b.lived - a.lived).slice(0, 5);
      assert.deepEqual(
        folds.dearest.map(({ figures, lifeSeconds }) => [figures.cpuSeconds, lifeSeconds]),
        best.map(({ cpu, lived }) => [cpu, lived]),
      );
    }));
  });

  test("what is not known of any is not known of the sum, and what is of some counts", () => {
    const folds = new ProcessFolds();
    const unknown = new ProcessLife(1, 0, 0);
    folds.add(unknown);
    assert.equal(folds.programs[0].figures.cpuSeconds, NaN);
    const known = new ProcessLife(2, 0, 0);
    known.figures.cpuSeconds = 3;
    folds.add(known);
    assert.equal(folds.programs[0].figures.cpuSeconds, 3);
  });
});

describe("CPU shared out", () => {
  const ROW = fc.record({
    accounted: fc.nat(1_000),
    ticked: fc.nat(1_000),
    count: fc.integer({ min: 1, max: 50 }),
  });

  test("property: adds up to the total, and is nowhere below the accounts", () => {
    fc.assert(fc.property(fc.array(ROW, { minLength: 1, maxLength: 20 }), fc.nat(40_000), (rows, total) => {
      const folds = new ProcessFolds();
      rows.forEach(({ accounted, ticked, count }, index) => {
        for (let each = 0; each < count; each++) {
          const one = new ProcessLife(index * 100 + each, 0, 0);
          one.name = `${index}`;
          one.figures.cpuSeconds = each === 0 ? accounted : 0;
          one.figures.tickedSeconds = each === 0 ? ticked : 0;
          folds.add(one);
        }
      });
      const { programs } = folds;
      const shared = sharedCpuSeconds(programs, total);
      const least = programs.map(({ figures }) => figures.cpuSeconds);
      assert.ok(Math.abs(sum(shared) - Math.max(total, sum(least))) < 1e-6 * (total + 1));
      shared.forEach((seconds, index) => assert.ok(seconds >= least[index] - 1e-9));
    }));
  });

  test("by hand: a second is missing, and the ticks of many short ones say whose it was", () => {
    const folds = new ProcessFolds();
    const long = new ProcessLife(1, 0, 0);
    long.name = "long";
    Object.assign(long.figures, { cpuSeconds: 10, tickedSeconds: 10 });
    folds.add(long);
    for (let index = 0; index < 100; index++) {
      const short = new ProcessLife(index + 2, 0, 0);
      short.name = "short";
      Object.assign(short.figures, { cpuSeconds: 0.001, tickedSeconds: index % 2 ? 0.016 : 0 });
      folds.add(short);
    }
    const [first, second] = sharedCpuSeconds(folds.programs, 11.1);
    assert.equal(folds.programs[0].name, "long");
    // 11.1 - 10.1 is missing; 0.7 of it was seen by ticks, and the rest is of each of the 101 alike.
    assert.ok(Math.abs(first - (10 + 0.3 / 101)) < 1e-9, `${first}`);
    assert.ok(Math.abs(second - (0.8 + 0.3 * 100 / 101)) < 1e-9, `${second}`);
  });
});
