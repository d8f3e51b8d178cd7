import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Reach } from "../../../fleet/share/reach.ts";

describe("whether a broker is reached", () => {
  test("is so from the first connection on, and no more after three seconds without one", () => {
    const reach = new Reach(0);
    assert.equal(reach.look(60_000), false);
    reach.note(true, 60_000);
    assert.equal(reach.look(60_000), true);
    reach.note(false, 70_000);
    assert.equal(reach.isConnected, false);
    assert.equal(reach.look(72_999), true);
    assert.equal(reach.look(73_000), false);
  });

  test("is not changed by a connection that is gone for a moment", () => {
    const reach = new Reach(0);
    reach.note(true, 0);
    for (let at = 10_000; at < 60_000; at += 4_000) {
      reach.note(false, at);
      reach.note(true, at + 2_500);
      assert.equal(reach.look(at + 3_000), true);
    }
  });

  test("is believed again after a while, and later each time that it breaks again", () => {
    const reach = new Reach(0);
    reach.note(true, 0);
    const backAfter: number[] = [];
    let now = 200_000;
    for (let times = 0; times < 10; times++) {
      reach.note(false, now);
      now += 3_000;
      assert.equal(reach.look(now), false);
      reach.note(true, now);
      const began = now;
      while (!reach.look(now)) now += 1_000;
      backAfter.push((now - began) / 1_000);
    }
    assert.deepEqual(backAfter, [10, 20, 40, 80, 120, 120, 120, 120, 120, 120]);
    // What has lasted for five minutes counts as new.
    reach.note(false, now + 300_000);
    reach.look(now + 303_000);
    reach.note(true, now + 303_000);
    assert.equal(reach.look(now + 312_999), false);
    assert.equal(reach.look(now + 313_000), true);
  });
});
