import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OomKills } from "../../../core/measure/oom_kills.ts";

describe("kills for want of memory", () => {
  test("each is claimed once", () => {
    const kills = new OomKills();
    kills.notice(0, 0);
    assert.equal(kills.claim(), false);
    kills.notice(2, 10);
    assert.deepEqual([kills.claim(), kills.claim(), kills.claim()], [true, true, false]);
    kills.notice(3, 20);
    assert.equal(kills.claim(), true);
  });

  test("one that was counted before its victim was reaped is claimed nevertheless", () => {
    const kills = new OomKills();
    kills.notice(1, 0);
    kills.notice(1, 50);
    assert.equal(kills.claim(), true);
  });

  test("one whose victim somebody else has reaped is not claimed by a later SIGKILL", () => {
    const kills = new OomKills();
    kills.notice(1, 0);
    kills.notice(1, 2_000);
    assert.equal(kills.claim(), false);
  });

  test("whom we kill was not killed: out of memory", () => {
    const kills = new OomKills();
    kills.notice(1, 0);
    kills.disclaim();
    assert.equal(kills.claim(), false);
  });

  test("where nobody counts, there are none", () => {
    const kills = new OomKills();
    kills.notice(NaN, 0);
    assert.equal(kills.claim(), false);
  });
});
