/* What of a table of processes stands for the whole tree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProcessCourse } from "../../core/measure/process_course.ts";
import { unknownFigures } from "../../core/measure/process_figures.ts";
import { ProcessFolds } from "../../core/measure/process_folds.ts";
import { ProcessLife } from "../../core/measure/process_life.ts";
import { Total } from "../../core/measure/raw.ts";
import type { Quality } from "../../core/schema/record.ts";
import { tableRecord } from "../../group/process_table_record.ts";

/** @param change what is otherwise with the second of two processes, each of which has used a second */
function toldOf(change: (life: ProcessLife) => void = () => {}, quality: Quality = "exact", lostCount = 0) {
  const folds = new ProcessFolds();
  for (const pid of [1, 2]) {
    const life = new ProcessLife(pid, 0, 1e9);
    Object.assign(life, { name: `program ${pid}`, threadCount: 0, endNs: 2e9 });
    Object.assign(life.figures, { cpuSeconds: 1, ioReadBytes: 10 });
    life.hasExactCpu = true;
    if (pid === 2) change(life);
    life.conclude();
    folds.add(life);
  }
  const table = { course: new ProcessCourse(), peakCount: 2 };
  return tableRecord(table, folds, { source: "bpf", quality }, {
    cpuSeconds: 2,
    isPathWhole: true,
    processCount: 2,
    lostCount,
    clock: { nowNs: 2e9, nowMs: 1_000 },
    signalName: String,
  }).told;
}

test("what all processes came to is told where everybody was told of, to the last slice of time", () => {
  const told = toldOf()!;
  assert.deepEqual([told.source, told.isWhole], ["bpf", true]);
  assert.deepEqual([told.totals[Total.cpuSeconds], told.totals[Total.ioReadBytes]], [2, 20]);
  assert.equal(toldOf((life) => life.hasExactCpu = false), null);
  assert.equal(toldOf((life) => life.isLost = true), null);
  assert.equal(toldOf((life) => life.lacksAccounts = true), null);
  assert.equal(toldOf(undefined, "lower_bound"), null);
  assert.equal(toldOf(undefined, "exact", 1), null);
});

test("of one whose accounts are missing its own counters tell its CPU, and not the rest", () => {
  const told = toldOf((life) => {
    Object.assign(life, { figures: unknownFigures(), lacksAccounts: true, hasExactCpu: false });
    life.total({ ...unknownFigures(), cpuSeconds: 3, isFinal: true });
  })!;
  assert.deepEqual([told.totals[Total.cpuSeconds], told.isWhole], [4, false]);
});
