import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CorruptData } from "../../../fleet/chunk/byte_reader.ts";
import { joinRolls } from "../../../fleet/chunk/join_rolls.ts";
import { decodeRollColumns, encodeRollColumns } from "../../../fleet/chunk/roll_columns.ts";
import { addRolls, decodeRolls, encodeRolls, rollsOf } from "../../../fleet/chunk/rolls.ts";
import type { TaskRolls } from "../../../fleet/chunk/rolls.ts";
import { COLUMN_AT, noFigures } from "../../../fleet/model/column.ts";
import { madeRows } from "../../../bench/fleet/made_samples.ts";
import { ROOT } from "../../support/fixture.ts";
import { figure, following, goldenFollowing, goldenRows } from "./support.ts";

const MINUTES_5 = 300_000;
const BUCKET = 1_764_000_000_000;

const rolls: fc.Arbitrary<Map<number, TaskRolls>> = fc.array(
  fc.tuple(
    fc.constantFrom(1, 2, 70_000),
    fc.nat(3).map((at) => BUCKET + at * MINUTES_5),
    fc.constantFrom("cpu_seconds", "memory_bytes", "queue_length"),
    fc.record(
      { n: fc.integer({ min: 1, max: 60 }), sum: figure, min: figure, max: figure, increase: figure },
      {
        noNullPrototype: true,
      },
    ),
  ),
  { maxLength: 30 },
).map((entries) => {
  const made = new Map<number, TaskRolls>();
  for (const [task, bucket, column, roll] of entries) {
    const buckets = made.get(task) ?? new Map();
    made.set(task, buckets.set(bucket, (buckets.get(bucket) ?? new Map()).set(column, roll)));
  }
  return made;
});

describe("rolls of tasks", () => {
  test("come back as they were packed", () => {
    fc.assert(fc.property(rolls, fc.boolean(), (given, isLasting) => {
      const packed = encodeRolls(given, isLasting);
      assert.deepEqual(decodeRolls(packed), given);
      const task = given.get(2);
      assert.deepEqual(decodeRolls(packed, { task: 2 }), new Map(task ? [[2, task]] : []));
      const memory = [...decodeRolls(packed, { columns: ["memory_bytes"] }).values()].flatMap((buckets) =>
        [...buckets.values()].flatMap((columns) => [...columns.entries()])
      );
      const expected = [...given].sort(([a], [b]) => a - b).flatMap(([, buckets]) =>
        [...buckets].sort(([a], [b]) => a - b).flatMap(([, columns]) =>
          columns.has("memory_bytes") ? [["memory_bytes", columns.get("memory_bytes")!]] : []
        )
      );
      assert.deepEqual(memory, expected);
    }));
  });

  test("of years ago can be read", () => {
    const golden = decodeRolls(readFileSync(join(ROOT, "tests/fleet/chunk/golden/rolls-1.bin")));
    assert.deepEqual(golden, rollsOf(goldenRows(), () => null, MINUTES_5));
    const second = readFileSync(join(ROOT, "tests/fleet/chunk/golden/rolls-2.bin"));
    const rows = [...goldenRows(), ...goldenFollowing()];
    assert.deepEqual(decodeRolls(second), rollsOf(rows, () => null, MINUTES_5));
    assert.equal(second[1], 2);
  });

  test("of samples that follow from each other come back, too, and take less where they last", () => {
    fc.assert(fc.property(following, fc.boolean(), (given, isKnown) => {
      const before = noFigures().fill(1);
      const own = rollsOf(given, () => isKnown ? before : null, 60_000);
      assert.deepEqual(decodeRolls(encodeRolls(own, true)), own);
    }));
    const rows = madeRows([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { from: BUCKET, ticks: 360, intervalMs: 10_000 });
    const own = rollsOf(rows, () => null, MINUTES_5);
    assert.ok(encodeRolls(own, true).length < 0.85 * encodeRolls(own).length);
  });

  test("that are damaged are refused", () => {
    const packed = encodeRolls(rollsOf(goldenRows(), () => null, MINUTES_5));
    for (let at = 0; at < packed.length; at++) {
      assert.throws(() => decodeRolls(packed.subarray(0, at)), CorruptData);
    }
  });
});

describe("rolls of samples", () => {
  const at = COLUMN_AT.get("cpu_seconds")!;
  const cpu = (time: number, value: number, begins = false) => {
    const figures = noFigures();
    figures[at] = value;
    return [7, { time: BUCKET + time, figures, custom: null, begins }] as const;
  };
  const increases = (made: Map<number, TaskRolls>) =>
    [...made.get(7)!.values()].map((columns) => columns.get("cpu_seconds")!.increase);

  test("tell what a counter has grown by, over restarts and the edges of buckets", () => {
    const rows = [
      cpu(0, 5),
      cpu(1, 5.1),
      cpu(2, 5.3),
      cpu(MINUTES_5, 6),
      cpu(MINUTES_5 + 1, 0.4),
      cpu(MINUTES_5 + 2, 2, true),
    ];
    assert.deepEqual(increases(rollsOf(rows, () => null, MINUTES_5)), [0.3, 0.7 + 0.4 + 2]);
    const before = noFigures();
    before[at] = 4.9;
    assert.deepEqual(increases(rollsOf(rows, () => before, MINUTES_5)), [0.4, 0.7 + 0.4 + 2]);
    assert.deepEqual(increases(rollsOf([cpu(0, 3, true)], () => before, MINUTES_5)), [3]);
  });

  test("are of some buckets where only those are wanted", () => {
    const rows = madeRows([1, 2, 3], { from: BUCKET, ticks: 120, intervalMs: 10_000 });
    const whole = rollsOf(rows, () => null, MINUTES_5);
    const second = (bucket: number) => bucket === BUCKET + MINUTES_5;
    const joined = joinRolls([decodeRollColumns(encodeRolls(whole))], second);
    const wanted = [...whole].map(([task, buckets]) =>
      [task, new Map([...buckets].filter(([bucket]) => second(bucket)))] as const
    );
    assert.deepEqual(decodeRolls(encodeRollColumns(joined, false)), new Map(wanted));
    assert.deepEqual(joinRolls([joined], () => false).tasks, []);
  });

  test("have no bucket of samples without a figure", () => {
    const nothing = { figures: noFigures(), custom: null, begins: false };
    const [, sample] = cpu(MINUTES_5 + 1, 6);
    const rolls = rollsOf(
      [[1, { ...nothing, time: BUCKET }], [1, sample], [2, { ...nothing, time: BUCKET }]],
      () => null,
      MINUTES_5,
    );
    assert.deepEqual([...rolls.keys()], [1]);
    assert.deepEqual([...rolls.get(1)!.values()].map((columns) => [...columns.keys()]), [["cpu_seconds"]]);
  });

  test("in parts add up to those of the whole, wherever it is parted", () => {
    const rows = madeRows([1, 2, 3], { from: BUCKET - 70_000, ticks: 120, intervalMs: 10_000 });
    const whole = rollsOf(rows, () => null, MINUTES_5);
    fc.assert(
      fc.property(fc.nat(rows.length), (cut) => {
        const sum = new Map<number, TaskRolls>();
        addRolls(sum, rollsOf(rows.slice(0, cut), () => null, MINUTES_5));
        const last = (task: number) =>
          rows.slice(0, cut).findLast(([of]) => of === task)?.[1].figures ?? null;
        const parts = [sum, rollsOf(rows.slice(cut), last, MINUTES_5)].map((part) => encodeRolls(part));
        addRolls(sum, rollsOf(rows.slice(cut), last, MINUTES_5));
        assert.deepEqual(sum, whole);
        const joined = joinRolls(parts.map((part) => decodeRollColumns(part)), () => true);
        assert.deepEqual(decodeRolls(encodeRollColumns(joined, true)), whole);
        // As it would be packed had it come in one.
        assert.deepEqual(encodeRollColumns(joined, true), encodeRolls(whole, true));
      }),
      { numRuns: 40 },
    );
  });
});
