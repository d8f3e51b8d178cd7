import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { cellAt, cellBeside, cornerOf, layOut } from "../../../../render/page/fleet/heat_layout.ts";
import type { HeatLayout } from "../../../../render/page/fleet/heat_layout.ts";

const groups = (...counts: number[]) => counts.map((count, n) => ({ title: `unit-${n}`, count }));
const all = ({ groups }: HeatLayout) => groups.reduce((sum, { count }) => sum + count, 0);

describe("a map of cells", () => {
  test("has large cells for a few, and small ones for many within its height", () => {
    assert.equal(layOut(groups(12), 1_200, 560).side, 34);
    const many = layOut(groups(10_000), 1_240, 560);
    assert.ok(many.side >= 7 && many.side <= 9, `${many.side}`);
    assert.ok(many.height <= 560, `${many.height}`);
    // What cannot fit is scrolled: a cell has to be pointed at.
    assert.equal(layOut(groups(100_000), 400, 560).side, 5);
  });

  test("has every cell once, within its width, where it can be pointed at", () => {
    fc.assert(fc.property(
      fc.array(fc.nat(120), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 900 }),
      fc.integer({ min: 1, max: 700 }),
      (counts, width, height) => {
        const layout = layOut(groups(...counts), width, height);
        const corners = new Set<string>();
        for (let cell = 0; cell < all(layout); cell++) {
          const [x, y] = cornerOf(layout, cell);
          corners.add(`${x} ${y}`);
          assert.equal(cellAt(layout, x, y), cell);
          assert.equal(cellAt(layout, x + layout.side - 0.5, y + layout.side - 0.5), cell);
          assert.ok(layout.columns === 1 || x + layout.side <= width);
          assert.ok(y + layout.side <= layout.height);
        }
        assert.equal(corners.size, all(layout));
      },
    ));
  });

  test("has nothing at its titles, between groups and beside", () => {
    const layout = layOut(groups(3, 2), 200, 560);
    const [, second] = layout.groups;
    for (
      const [x, y] of [[-1, 30], [150, 30], [5, 2], [5, second.top + 3], [5, second.top - 2], [5, 9_999]]
    ) {
      assert.equal(cellAt(layout, x, y), null, `${x} ${y}`);
    }
    assert.equal(cellAt(layOut([], 200, 560), 5, 30), null);
  });

  test("is gone through by keys, up and down through all groups, and never out of it", () => {
    // Five columns: 7 cells in two rows, then 2 in one.
    const layout = layOut(groups(7, 2), 34 * 5, 560);
    assert.equal(layout.columns, 5);
    const path = (from: number, ...keys: string[]) =>
      keys.reduce((at, key) => cellBeside(layout, at, key) ?? -1, from);
    assert.equal(path(0, "ArrowRight", "ArrowRight"), 2);
    assert.equal(path(1, "ArrowDown"), 6);
    assert.equal(path(4, "ArrowDown"), 6, "the row below is shorter");
    assert.equal(path(6, "ArrowDown"), 8);
    assert.equal(path(8, "ArrowDown"), 8);
    assert.equal(path(8, "ArrowUp", "ArrowUp"), 1);
    assert.equal(path(3, "ArrowUp"), 3);
    assert.equal(path(3, "End"), 8);
    assert.equal(path(3, "Home"), 0);
    assert.equal(cellBeside(layout, 0, "x"), null);
    fc.assert(fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 300 }),
      fc.array(fc.constantFrom("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"), { maxLength: 60 }),
      (counts, width, keys) => {
        const made = layOut(groups(...counts), width, 200);
        let at = 0;
        for (const key of keys) {
          at = cellBeside(made, at, key)!;
          assert.ok(at >= 0 && at < all(made));
        }
      },
    ));
  });
});
