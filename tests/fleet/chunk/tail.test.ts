import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Tail } from "../../../fleet/chunk/tail.ts";
import { noFigures } from "../../../fleet/model/column.ts";
import type { Figures } from "../../../fleet/model/column.ts";
import type { StoredSample } from "../../../fleet/model/view.ts";
import { rows } from "./support.ts";

/** Appends as the state of a task does: what was before is one array of each task, that changes with every sample. */
class Tasks {
  readonly tail = new Tail();
  readonly #last = new Map<number, Figures>();

  append(task: number, sample: StoredSample): void {
    const last = this.#last.get(task);
    this.tail.append(task, sample, last ?? null);
    if (last) last.set(sample.figures);
    else this.#last.set(task, sample.figures.slice());
  }

  /** A sample that is kept elsewhere. */
  miss(task: number): void {
    this.#last.delete(task);
  }
}

describe("a tail of samples", () => {
  test("gives back what was put into it, in order and to the last bit", () => {
    fc.assert(fc.property(rows, (given) => {
      const tasks = new Tasks();
      const { tail } = tasks;
      for (const [task, sample] of given) tasks.append(task, sample);
      assert.equal(tail.count, given.length);
      assert.deepEqual([...tail.rows()], given);
      // Reading it changes nothing: more can be put into it.
      for (const [task, sample] of given) tasks.append(task, sample);
      assert.deepEqual([...tail.rows()], [...given, ...given]);
    }));
  });

  test("does so where some in between are kept elsewhere, and of more tasks than are few", () => {
    fc.assert(fc.property(rows, fc.infiniteStream(fc.nat(3)), (given, missed) => {
      const tasks = new Tasks();
      const wanted: typeof given = [];
      for (const [task, sample] of given) {
        for (let more = 0; more < 25; more++) {
          const of = task + more * 1_000_000;
          if (missed.next().value === 0) tasks.miss(of);
          else {
            tasks.append(of, sample);
            wanted.push([of, sample]);
          }
        }
      }
      assert.deepEqual([...tasks.tail.rows()], wanted);
      for (const [task] of given) {
        const own = wanted.filter(([of]) => of === task + 24_000_000).map(([, sample]) => sample);
        assert.deepEqual(tasks.tail.samples(task + 24_000_000, -Infinity, Infinity), own);
      }
    }));
  });

  test("does so where there are many of them, and what was read stays as it was", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const tasks = new Tasks();
        const wanted = Array.from({ length: 40 }, () => given).flat();
        for (const [task, sample] of wanted) tasks.append(task, sample);
        const read = tasks.tail.rows();
        const first = read.next();
        for (const [task, sample] of given) tasks.append(task, sample);
        assert.deepEqual([...first.done ? [] : [first.value], ...read], wanted);
      }),
      { numRuns: 20 },
    );
  });

  test("finds the samples of a task in a stretch of time, ends included", () => {
    fc.assert(fc.property(rows, fc.nat(60_000), fc.nat(60_000), (given, a, b) => {
      const tasks = new Tasks();
      const { tail } = tasks;
      for (const [task, sample] of given) tasks.append(task, sample);
      const [from, until] = [1_764_000_000_000 + Math.min(a, b), 1_764_000_000_000 + Math.max(a, b)];
      for (const task of [1, 70_000, 99]) {
        const wanted = given.filter(([of, { time }]) => of === task && time >= from && time <= until);
        assert.deepEqual(tail.samples(task, from, until), wanted.map(([, sample]) => sample));
      }
      const times = given.map(([, { time }]) => time);
      assert.equal(tail.from, Math.min(...times));
      assert.equal(tail.until, Math.max(...times));
    }));
  });

  test("is small: what does not change costs nothing, a counter some bytes", () => {
    const tasks = new Tasks();
    const { tail } = tasks;
    for (let tick = 0; tick < 600; tick++) {
      for (let task = 1; task <= 10; task++) {
        const figures = noFigures();
        figures[0] = ((tick * 7919 * task) % 10_000) / 100;
        figures[1] = tick * 12.345678 - ((tick * 12.345678) % 1e-6);
        figures[2] = 5e8 + ((tick * 104_729) % 4_096_000);
        tasks.append(task, {
          time: 1_764_000_000_000 + tick * 10_000,
          figures,
          custom: null,
          begins: tick === 0,
        });
      }
    }
    assert.ok(tail.byteLength / tail.count < 40, `${tail.byteLength / tail.count} bytes a sample`);
    assert.equal(tail.samples(3, 1_764_000_000_000, 1_764_000_600_000).length, 61);
  });

  test("knows at which times it has a sample of a task, as long as there are not too many", () => {
    const tasks = new Tasks();
    const add = (time: number) =>
      tasks.append(7, { time, figures: noFigures(), custom: null, begins: false });
    add(10);
    assert.deepEqual([tasks.tail.has(7, 10), tasks.tail.has(7, 11), tasks.tail.has(8, 10)], [
      true,
      false,
      false,
    ]);
    add(11);
    assert.equal(tasks.tail.has(7, 11), true);
    for (let time = 12; tasks.tail.count < 50_000; time++) add(time);
    assert.equal(tasks.tail.has(7, 11), null);
  });
});
