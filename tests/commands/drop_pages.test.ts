import assert from "node:assert/strict";
import { test } from "node:test";
import { dropAfterStart, dropNowAndThen } from "../../commands/drop_pages.ts";
import { eventually } from "../support/eventually.ts";

test("pages of the program are dropped again soon after the first time, with what had come back", {
  timeout: 120_000,
}, async () => {
  const at: number[] = [];
  dropNowAndThen(() => void at.push(performance.now()), 50);
  assert.equal(at.length, 1);
  await eventually(() => at.length === 2);
  assert.ok(at[1] - at[0] >= 45, `${at[1] - at[0]} ms`);
});

test("a start is left alone", { timeout: 120_000 }, async () => {
  const at: number[] = [];
  const begun = performance.now();
  dropAfterStart(() => void at.push(performance.now()), 50, 50);
  await eventually(() => at.length === 2);
  assert.ok(at[0] - begun >= 45, `${at[0] - begun} ms`);
});
