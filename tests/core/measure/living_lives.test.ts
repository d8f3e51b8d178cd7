import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LivingLives } from "../../../core/measure/living_lives.ts";
import { unknownFigures } from "../../../core/measure/process_figures.ts";
import { ProcessLife } from "../../../core/measure/process_life.ts";
import type { LivingUse } from "../../../core/measure/process_sources.ts";

const FIRST = 10;
const SECOND = 11;

/** Processes whose use and clock a test sets; which of them were read, and when. */
function made(costMs = 0) {
  const cpuSeconds = new Map<number, number>();
  const clock = { ms: 0 };
  const reads: number[] = [];
  const use = (pid: number): LivingUse | null => {
    clock.ms += costMs;
    reads.push(pid);
    const seconds = cpuSeconds.get(pid);
    if (seconds === undefined) return null;
    return { startNs: 0, executableId: "1:2", used: { ...unknownFigures(), cpuSeconds: seconds } };
  };
  const seen = new Map<number, number>();
  const seenCpuSeconds = (pid: number, isEarlier: boolean) => isEarlier ? NaN : seen.get(pid) ?? NaN;
  return { cpuSeconds, clock, reads, seen, living: new LivingLives(use, seenCpuSeconds, () => clock.ms) };
}

const cpuOf = (living: LivingLives, life: ProcessLife) => living.goOn(life, true).figures.cpuSeconds;
const THREAD = { isFinal: true, ...unknownFigures(), cpuSeconds: 3 };

describe("processes that live", () => {
  test("are read again after a second, and not before; at once where all is to be told", () => {
    const { cpuSeconds, clock, reads, living } = made();
    const life = new ProcessLife(FIRST, 1, 0);
    const look = (isPaced: boolean) => {
      living.begin(isPaced);
      return cpuOf(living, life);
    };
    cpuSeconds.set(FIRST, 1);
    assert.equal(look(true), 1);
    cpuSeconds.set(FIRST, 2);
    clock.ms = 999;
    assert.equal(look(true), 1);
    clock.ms = 1_000;
    assert.equal(look(true), 2);
    cpuSeconds.set(FIRST, 3);
    assert.equal(look(false), 3);
    assert.equal(reads.length, 3);
  });

  test("are read so seldom that it costs a percent", () => {
    const { cpuSeconds, clock, reads, living } = made(25);
    const lives = [FIRST, SECOND].map((pid) => new ProcessLife(pid, 1, 0));
    for (const { pid } of lives) cpuSeconds.set(pid, 1);
    for (let look = 0; look < 100; look++, clock.ms += 100) {
      living.begin(true);
      for (const life of lives) cpuOf(living, life);
    }
    // Ten seconds and more, and five for each time that both were read.
    assert.ok(reads.length >= 4 && reads.length <= 6, `${reads.length} reads`);
  });

  test("are read when they are new, when they are another program, and when they could not be read", () => {
    const { cpuSeconds, reads, living } = made();
    const [first, second] = [FIRST, SECOND].map((pid) => new ProcessLife(pid, 1, 0));
    cpuSeconds.set(FIRST, 1);
    living.begin(true);
    cpuOf(living, first);
    living.begin(true);
    cpuOf(living, second);
    cpuOf(living, second);
    first.execute();
    cpuOf(living, first);
    assert.deepEqual(reads, [FIRST, SECOND, SECOND, FIRST]);
  });

  test("have used no less than when they were read, and what threads have used that ended since is not there twice", () => {
    const { cpuSeconds, living } = made();
    const life = new ProcessLife(FIRST, 1, 0);
    life.beginThread(90);
    cpuSeconds.set(FIRST, 5);
    living.begin(true);
    assert.equal(cpuOf(living, life), 5);
    assert.ok(life.endThread(90));
    life.total(THREAD);
    assert.equal(cpuOf(living, life), 5);
    cpuSeconds.set(FIRST, 2);
    living.begin(false);
    assert.equal(cpuOf(living, life), 5);
  });

  test("have used what samples have seen of them since, and nothing less", () => {
    const { cpuSeconds, reads, seen, living } = made();
    const life = new ProcessLife(FIRST, 1, 0);
    const earlier = new ProcessLife(SECOND, 1, 0);
    earlier.countFrom(10, { ...unknownFigures(), cpuSeconds: 1 });
    for (const pid of [FIRST, SECOND]) cpuSeconds.set(pid, 5);
    living.begin(true);
    assert.deepEqual([cpuOf(living, life), cpuOf(living, earlier)], [5, 4]);
    for (const pid of [FIRST, SECOND]) seen.set(pid, 7);
    assert.deepEqual([cpuOf(living, life), cpuOf(living, earlier)], [7, 4]);
    seen.set(FIRST, 3);
    assert.equal(cpuOf(living, life), 5);
    assert.deepEqual(reads, [FIRST, SECOND]);
  });

  test("are others where they were born later than those whose number they have", () => {
    const life = new ProcessLife(FIRST, 1, 1e9);
    const used = { ...unknownFigures(), cpuSeconds: 7 };
    const goneOn = (startNs: number) => {
      const copy = life.copy();
      copy.goOn({ startNs, executableId: "1:2", used }, true);
      copy.conclude();
      return [copy.figures.cpuSeconds, copy.executableId, copy.isUnaccounted];
    };
    // To the tick; and a machine that has slept seems to have been up for longer.
    for (const startNs of [1e9, 1.01e9, 0.5e9]) assert.deepEqual(goneOn(startNs), [7, "1:2", false]);
    assert.deepEqual(goneOn(1.1e9), [NaN, null, true]);
  });
});
