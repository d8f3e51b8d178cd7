import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLimits } from "../../../core/measure/limits.ts";
import type { Limits } from "../../../core/measure/limits.ts";
import { assertRefused } from "../../support/expect.ts";

test("limits that make sense are taken as they are", () => {
  const limits = { memoryBytes: 1, cpuCores: 0.01, processes: 1 };
  assert.deepEqual(checkLimits(limits), limits);
});

test("none at all is none, however it is written", () => {
  for (const none of [undefined, {}, { memoryBytes: undefined, cpuCores: undefined }]) {
    assert.equal(checkLimits(none), undefined);
  }
});

test("what makes none is refused by its name", () => {
  const bad: [keyof Limits, number[]][] = [
    ["memoryBytes", [0, -1, 1.5, NaN, Infinity, 2 ** 60]],
    ["cpuCores", [0, 0.009, -1, NaN, Infinity]],
    ["processes", [0, -1, 1.5, NaN, Infinity]],
  ];
  for (const [name, values] of bad) {
    for (const value of values) {
      assertRefused(() => checkLimits({ [name]: value }), "usage", `limits.${name}: ${value} is not a limit`);
    }
  }
});
