import assert from "node:assert/strict";
import { test } from "node:test";
import { sparkPath } from "../../../../render/page/parts/spark_path.ts";

test("a line is broken by gaps, what stands alone is a dot, and nothing is drawn of nothing", () => {
  assert.equal(sparkPath([0, 10, null, 5, null], 40, 20), "M0 20L10 0M30 10L30 10");
  assert.equal(sparkPath([null, null], 40, 20), "");
  assert.equal(sparkPath([], 40, 20), "");
  // What is all but idle is not as high as what is busy.
  assert.equal(sparkPath([1, 1], 40, 20), "M0 16L40 16");
});
