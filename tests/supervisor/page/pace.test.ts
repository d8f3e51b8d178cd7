import assert from "node:assert/strict";
import { test } from "node:test";
import { pauseMs } from "../../../supervisor/page/pace.ts";

test("looking takes a hundredth of the time, a thousandth while nobody sees it, and who looks waits for little", () => {
  const cases: [costMs: number, watched: number, unwatched: number][] = [
    [0, 2_000, 60_000],
    [20, 2_000, 60_000],
    [40, 4_000, 60_000],
    [150, 10_000, 150_000],
  ];
  for (const [costMs, watched, unwatched] of cases) {
    assert.equal(pauseMs(costMs, true), watched);
    assert.equal(pauseMs(costMs, false), unwatched);
  }
});
