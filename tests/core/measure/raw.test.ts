import assert from "node:assert/strict";
import { test } from "node:test";
import { Raw, RAW_WIDTH, Total, TOTAL_COLUMNS, TOTAL_WIDTH, unknownRow } from "../../../core/measure/raw.ts";

test("the columns of a row are numbered without gap or repeat", () => {
  const columns = Object.values(Raw).sort((a, b) => a - b);
  assert.deepEqual(columns, Array.from({ length: RAW_WIDTH }, (_, index) => index));
});

test("the totals are numbered without gap or repeat", () => {
  const totals = Object.values(Total).sort((a, b) => a - b);
  assert.deepEqual(totals, Array.from({ length: TOTAL_WIDTH }, (_, index) => index));
  assert.equal(TOTAL_COLUMNS.length, TOTAL_WIDTH);
});

test("each total adds up the column of its own name and, where there is one, its reaped twin", () => {
  const columns: Readonly<Record<string, number>> = Raw;
  for (const [name, total] of Object.entries(Total)) {
    const reaped = columns[`reaped${name[0].toUpperCase()}${name.slice(1)}`];
    const expected = reaped === undefined ? [columns[name]] : [columns[name], reaped];
    assert.deepEqual(TOTAL_COLUMNS[total], expected, name);
  }
});

test("every reaped column is billed by exactly one total", () => {
  const reaped = Object.entries(Raw).filter(([name]) => name.startsWith("reaped")).map(([, column]) =>
    column
  );
  assert.equal(reaped.length, 5);
  const billed = TOTAL_COLUMNS.flat();
  for (const column of reaped) assert.equal(billed.filter((other) => other === column).length, 1);
});

test("nothing is known in a new row", () => {
  const row = unknownRow();
  assert.equal(row.length, RAW_WIDTH);
  assert.ok(row.every(Number.isNaN));
});
