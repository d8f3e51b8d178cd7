import assert from "node:assert/strict";
import { test } from "node:test";
import { cpuScale, memoryScale, sparkline, UNICODE } from "../../../render/screen/sparkline.ts";

test("a sparkline goes from the lowest bar to the highest, and is blank where nothing is known", () => {
  assert.equal(sparkline([0, 12.4, 12.5, 50, 99, 100, 150, NaN], 0, 100, UNICODE), "▁▁▂▅███ ");
  assert.deepEqual(cpuScale([5, NaN]), [0, 100]);
  assert.deepEqual(cpuScale([5, 250]), [0, 250]);
  assert.deepEqual(memoryScale([100, 100]), [100, 110]);
  assert.deepEqual(memoryScale([100, 300, NaN]), [100, 330 - 30]);
  assert.deepEqual(memoryScale([]), [0, 1]);
});
