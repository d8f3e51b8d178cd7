import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { COLUMN_NAMES, SampleColumns } from "../../records/sample_columns.ts";

test("columns hold what was put in, whatever its size, over all blocks", () => {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.nat(5_000) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, 0xffff_fffe, 0xffff_ffff, 2 ** 32, 2 ** 52) },
    { weight: 1, arbitrary: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }) },
  );
  // Runs of like values, so that whole blocks are of one kind, and others are not.
  const column = fc.array(fc.tuple(fc.integer({ min: 1, max: 1_500 }), value), { maxLength: 8 })
    .map((runs) => runs.flatMap(([count, one]) => new Array<number>(count).fill(one)));
  fc.assert(fc.property(column, column, (first, second) => {
    const samples = new SampleColumns();
    const length = Math.max(first.length, second.length);
    for (let at = 0; at < length; at++) {
      samples.add();
      // What is not known is not set; a column may begin late.
      if (!Number.isNaN(first[at] ?? NaN)) samples.set("memory_bytes", first[at]);
      if (at > 0 && !Number.isNaN(second[at - 1] ?? NaN)) samples.set("cpu_percent", second[at - 1]);
    }
    assert.equal(samples.length, length);
    const expect = (values: number[]) => Array.from({ length }, (_, at) => values[at] ?? NaN);
    const memory = expect(first);
    const cpu = expect([NaN, ...second]);
    assert.deepEqual(Array.from(samples.column("memory_bytes") ?? expect([])), memory);
    assert.deepEqual(Array.from(samples.column("cpu_percent") ?? expect([])), cpu);
    assert.equal(samples.names.includes("memory_bytes"), memory.some((one) => !Number.isNaN(one)));
    assert.deepEqual(samples.names, COLUMN_NAMES.filter((name) => samples.column(name) !== undefined));
  }));
});
