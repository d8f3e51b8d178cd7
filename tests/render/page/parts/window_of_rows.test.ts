import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { scrollToRow, windowOfRows } from "../../../../render/page/parts/window_of_rows.ts";

test("has every row in sight, none that is not there, and no more than it has to", () => {
  fc.assert(fc.property(
    fc.double({ min: 0, max: 1e5, noNaN: true }),
    fc.integer({ min: 0, max: 2_000 }),
    fc.integer({ min: 10, max: 100 }),
    fc.integer({ min: 0, max: 3_000 }),
    (scrollTop, height, rowHeight, count) => {
      const { first, end } = windowOfRows(scrollTop, height, rowHeight, count);
      assert.ok(0 <= first && first <= end && end <= count);
      assert.ok(end - first <= height / rowHeight + 18, "many more than are seen");
      for (let row = 0; row < count; row++) {
        const isSeen = (row + 1) * rowHeight > scrollTop && row * rowHeight < scrollTop + height;
        if (isSeen) assert.ok(first <= row && row < end, `row ${row} is missing`);
      }
    },
  ));
});

test("scrolls no further than a row needs", () => {
  assert.equal(scrollToRow(3, 0, 200, 40), 0);
  assert.equal(scrollToRow(5, 0, 200, 40), 40);
  assert.equal(scrollToRow(1, 100, 200, 40), 40);
});
