import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { EventPace } from "../../group/event_pace.ts";

const PATIENCE = { patienceMs: 100, idlePatienceMs: 3_000 };
const NOTHING = { eventCount: 0, hasMoved: false, hasRung: false };
const SOMETHING = { eventCount: 3, hasMoved: true, hasRung: false };

/** A pace that nothing has happened at for long. */
function idle(): EventPace {
  const pace = new EventPace(PATIENCE);
  for (let ms = 0; ms < 1_000; ms += 100) pace.drained(ms, NOTHING);
  return pace;
}

describe("the pace of events", () => {
  test("where nothing happens is the bell's, or the timer's where there is none", () => {
    const pace = idle();
    assert.equal(pace.isIdle, true);
    assert.deepEqual([pace.sleepMs(900, true), pace.sleepMs(900, false)], [3_000, 100]);
  });

  test("while something happens is a short pause, with the bell or without; what is late is looked for", () => {
    const pace = idle();
    pace.drained(1_000, { ...SOMETHING, hasRung: true });
    assert.deepEqual([pace.isIdle, pace.sleepMs(1_000, true), pace.sleepMs(1_000, false)], [false, 20, 20]);
    let now = 1_000, looks = 0;
    while (!pace.isIdle) {
      now += pace.sleepMs(now, true);
      pace.drained(now, NOTHING);
      looks++;
    }
    assert.deepEqual([looks, now], [3, 1_140]);
  });

  test("of strangers' events, and of a bell that rings for nothing, is not beyond the timer's", () => {
    for (const drained of [{ ...NOTHING, eventCount: 1, hasRung: true }, { ...NOTHING, hasRung: true }]) {
      const pace = idle();
      pace.drained(1_000, drained);
      assert.deepEqual([pace.isIdle, pace.sleepMs(1_000, true)], [false, 100]);
    }
  });

  test("is soon where events were taken out of turn, though that goes on", () => {
    const pace = idle();
    pace.pulled(2_000);
    assert.deepEqual([pace.isIdle, pace.sleepMs(2_000, true)], [false, 20]);
    pace.pulled(2_010);
    assert.equal(pace.sleepMs(2_010, true), 10);
  });

  test("property: a storm is not looked at more often than every 20 ms", () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 50 }), (moves) => {
      const pace = idle();
      let now = 1_000;
      for (const hasMoved of moves) {
        // The bell rings all the time.
        pace.drained(now, { eventCount: 1, hasMoved, hasRung: pace.isIdle });
        assert.ok(!pace.isIdle && pace.sleepMs(now, true) >= 20);
        now += pace.sleepMs(now, true);
      }
    }));
  });
});
