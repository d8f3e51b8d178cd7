import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CorruptData } from "../../../fleet/chunk/byte_reader.ts";
import { HOUR_FIELDS, HourRolls, joinHourFields, packHourField } from "../../../fleet/chunk/hour_rolls.ts";
import { HourColumns } from "../../../fleet/store/hour_columns.ts";
import { Turns } from "../../../fleet/store/turn.ts";
import { ROOT } from "../../support/fixture.ts";
import { figure, goldenHour } from "./support.ts";

const pack = (fields: Readonly<Record<string, Float64Array>>) =>
  joinHourFields(HOUR_FIELDS.map((name) => packHourField(fields[name]!)));

const hours = fc.array(
  fc.tuple(fc.nat(1e9), fc.integer({ min: 1, max: 360 }), figure, figure, figure, figure),
  { maxLength: 50 },
);

describe("a column of an hour", () => {
  test("gives back each task's roll, one by one and as arrays", () => {
    fc.assert(fc.property(hours, (rows) => {
      const fields = Object.fromEntries(
        HOUR_FIELDS.map((name, at) => [name, Float64Array.from(rows, (row) => row[at]!)]),
      );
      const rolls = new HourRolls(pack(fields));
      assert.deepEqual(rolls.field("increase"), fields["increase"]);
      assert.deepEqual(
        [...rolls],
        rows.map(([task, n, sum, min, max, increase]) => [task, { n, sum, min, max, increase }]),
      );
    }));
  });

  test("of very many tasks keeps each field of each as it grows", async () => {
    const hour = new HourColumns(["cpu_percent"]);
    const rolls = Array.from(
      { length: 30_000 },
      (_, task) => [task, { n: 1, sum: task + 1, min: task + 2, max: task + 3, increase: task + 4 }] as const,
    );
    for (const [task, roll] of rolls) hour.addRoll("cpu_percent", task, roll);
    for await (const [, data] of hour.packed(new Turns())) assert.deepEqual([...new HourRolls(data)], rolls);
  });

  test("of years ago can be read", () => {
    for (const file of ["hour-1.bin", "hour-2.bin"]) {
      const golden = new HourRolls(readFileSync(join(ROOT, "tests/fleet/chunk/golden", file)));
      for (const [name, values] of Object.entries(goldenHour())) {
        assert.deepEqual(golden.field(name as typeof HOUR_FIELDS[number]), values);
      }
    }
  });

  test("that is damaged is refused", () => {
    const packed = pack(goldenHour());
    for (let at = 0; at < packed.length; at++) {
      assert.throws(() => [...new HourRolls(packed.subarray(0, at))], CorruptData);
    }
    const fields = goldenHour();
    assert.throws(
      () => [...new HourRolls(pack({ ...fields, n: fields["n"]!.slice(1) }))],
      /different lengths/,
    );
  });
});
