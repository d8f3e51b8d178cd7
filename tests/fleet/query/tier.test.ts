import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseTier } from "../../../fleet/query/tier.ts";
import type { TierNeeds } from "../../../fleet/query/tier.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Everything goes back to the beginning. */
const ALL = { raw: 0, fiveMinutes: 0, hours: 0 };

const choose = (range: number, more: Partial<TierNeeds> = {}) => {
  const needs = { from: 0, until: range, step: null, points: 300, needsRaw: false, taskCount: 10 };
  return chooseTier({ ...needs, ...more }, ALL);
};

test("with a step it is the coarsest tier whose buckets fit into it", () => {
  const steps = [MINUTE, 5 * MINUTE, 7 * MINUTE, 10 * MINUTE, 65 * MINUTE, 61 * MINUTE, HOUR, 3 * HOUR];
  assert.deepEqual(steps.map((step) => choose(DAY, { step })), [
    { tier: "raw", step: MINUTE },
    { tier: "fiveMinutes", step: 5 * MINUTE },
    { tier: "raw", step: 7 * MINUTE },
    { tier: "fiveMinutes", step: 10 * MINUTE },
    { tier: "fiveMinutes", step: 65 * MINUTE },
    { tier: "raw", step: 61 * MINUTE },
    { tier: "hours", step: HOUR },
    { tier: "hours", step: 3 * HOUR },
  ]);
});

test("without one it is the coarsest that has the points", () => {
  assert.deepEqual(choose(25 * HOUR - 1), { tier: "raw", step: null });
  assert.deepEqual(choose(25 * HOUR), { tier: "fiveMinutes", step: 5 * MINUTE });
  assert.deepEqual(choose(300 * HOUR), { tier: "hours", step: HOUR });
  assert.deepEqual(choose(900 * HOUR), { tier: "hours", step: 3 * HOUR });
});

test("hours of a unit with very many tasks are left for five minutes", () => {
  const range = 1_000 * HOUR;
  assert.equal(choose(range, { taskCount: 2_000 }).tier, "hours");
  assert.equal(choose(range, { taskCount: 2_001 }).tier, "fiveMinutes");
  assert.equal(choose(range, { taskCount: 2_001, step: HOUR }).tier, "fiveMinutes");
});
