import assert from "node:assert/strict";
import { test } from "node:test";
import { uptimeWords } from "../../../../render/page/parts/uptime_words.ts";
import { actionsOf, consequence } from "../../../../render/page/supervisor/figures.ts";

test("uptimes in two parts at most", () => {
  const cases: [number | null, string][] = [
    [null, "–"],
    [0.4, "0s"],
    [59.9, "59s"],
    [60, "1m 0s"],
    [3_725, "1h 2m"],
    [90_000, "1d 1h"],
    [40 * 86_400, "40d 0h"],
  ];
  for (const [seconds, words] of cases) assert.equal(uptimeWords(seconds), words);
});

test("what can be done depends on the state, and nothing can be to what is unmanaged", () => {
  const of = (state: string, type = "standard_managed") => actionsOf({ state, type });
  assert.deepEqual(of("running"), ["stop", "restart", "signal"]);
  assert.deepEqual(of("backoff"), ["stop", "restart"]);
  assert.deepEqual(of("stopped"), ["start"]);
  assert.deepEqual(of("failed"), ["start", "reset"]);
  assert.deepEqual(of("running", "unmanaged"), []);
});

test("what ends something is asked about, with those that depend on it", () => {
  assert.equal(consequence("start", "web", []), null);
  assert.match(consequence("stop", "web", [])!, /^web and all .* until somebody starts it\.$/);
  assert.match(consequence("stop", "db", ["web"])!, / web depends on it\.$/);
  assert.match(consequence("restart", "db", ["a", "b"])!, / a, b depend on it\.$/);
  assert.match(consequence("stop", "db", [..."abcdef"])!, / a, b, c, d, e and others depend on it\.$/);
});
