import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Ledger } from "../../core/ledger.ts";
import { Raw, RAW_WIDTH, Total, TOTAL_WIDTH, unknownRow } from "../../core/raw.ts";

const NOTHING_COUNTED = new Float64Array(TOTAL_WIDTH).fill(NaN);

/** A row in which everything is known: zero but for these columns. */
function row(values: Partial<Record<keyof typeof Raw, number>>): Float64Array {
  const result = new Float64Array(RAW_WIDTH);
  for (const [name, value] of Object.entries(values)) result[Raw[name as keyof typeof Raw]] = value;
  return result;
}

const live = (values: Partial<Record<keyof typeof Raw, number>>) => ({ row: row(values) });

describe("the bill", () => {
  test("is what the living have used and inherited, and what the ended left", () => {
    const ledger = new Ledger();
    ledger.addEnded(row({ cpuSeconds: 5, minorFaults: 50 }));
    const members = [
      live({ cpuSeconds: 1, reapedCpuSeconds: 10 }),
      live({ cpuSeconds: 2, reapedMinorFaults: 7 }),
    ];
    ledger.draw(members, NOTHING_COUNTED);
    assert.equal(ledger.totals[Total.cpuSeconds], 18);
    assert.equal(ledger.totals[Total.minorFaults], 57);
  });

  test("counts a child once when it moves from its own row into its parent's inheritance", () => {
    const ledger = new Ledger();
    ledger.draw([live({ cpuSeconds: 1 }), live({ cpuSeconds: 4 })], NOTHING_COUNTED);
    assert.equal(ledger.totals[Total.cpuSeconds], 5);
    ledger.draw([live({ cpuSeconds: 1, reapedCpuSeconds: 4 })], NOTHING_COUNTED);
    assert.equal(ledger.totals[Total.cpuSeconds], 5);
  });

  test("does not shrink while an ended member is on its way", () => {
    const ledger = new Ledger();
    ledger.draw([live({ cpuSeconds: 1 }), live({ cpuSeconds: 4 })], NOTHING_COUNTED);
    ledger.draw([live({ cpuSeconds: 1 })], NOTHING_COUNTED);
    assert.equal(ledger.totals[Total.cpuSeconds], 5);
    ledger.draw([live({ cpuSeconds: 1, reapedCpuSeconds: 4.5 })], NOTHING_COUNTED);
    assert.equal(ledger.totals[Total.cpuSeconds], 5.5);
  });

  test("stands as the container has counted it, where it counts", () => {
    const ledger = new Ledger();
    const counted = NOTHING_COUNTED.slice();
    counted[Total.cpuSeconds] = 7;
    ledger.draw([live({ cpuSeconds: 1, ioReadBytes: 3 })], counted);
    assert.equal(ledger.totals[Total.cpuSeconds], 7);
    assert.equal(ledger.totals[Total.ioReadBytes], 3);
    assert.equal(ledger.drawn(Total.cpuSeconds), 1);
  });

  test("of a tree that ran before begins at zero, and at zero only once", () => {
    const ledger = new Ledger();
    ledger.draw([live({ cpuSeconds: 100, reapedCpuSeconds: 20 })], NOTHING_COUNTED);
    ledger.startHere([]);
    assert.equal(ledger.totals[Total.cpuSeconds], 0);
    ledger.draw([live({ cpuSeconds: 101, reapedCpuSeconds: 22 })], NOTHING_COUNTED);
    assert.equal(ledger.totals[Total.cpuSeconds], 3);
  });
});

describe("what is not known", () => {
  test("leaves the total unknown when no member's part is known", () => {
    const ledger = new Ledger();
    const member = live({ cpuSeconds: 1 });
    member.row[Raw.ioReadBytes] = NaN;
    ledger.draw([member], NOTHING_COUNTED);
    assert.ok(
      Number.isNaN(ledger.totals[Total.ioReadBytes]),
      `${ledger.totals[Total.ioReadBytes]} instead of unknown`,
    );
    assert.equal(ledger.totals[Total.cpuSeconds], 1);
  });

  test("makes the total a lower bound when only a part is missing, of the living or the ended", () => {
    for (const where of ["living", "ended"]) {
      const ledger = new Ledger();
      const dark = live({});
      dark.row[Raw.ioReadBytes] = NaN;
      if (where === "ended") ledger.addEnded(dark.row);
      ledger.draw([live({ ioReadBytes: 9 }), ...(where === "living" ? [dark] : [])], NOTHING_COUNTED);
      assert.equal(ledger.totals[Total.ioReadBytes], 9);
      assert.ok(ledger.isIncomplete(Total.ioReadBytes));
      assert.ok(!ledger.isIncomplete(Total.cpuSeconds));
    }
  });

  test("can be said of a total when accounts were lost", () => {
    const ledger = new Ledger();
    assert.ok(!ledger.isIncomplete(Total.cpuSeconds));
    ledger.markIncomplete(Total.cpuSeconds);
    assert.ok(ledger.isIncomplete(Total.cpuSeconds));
  });

  test("is everything before the first bill", () => {
    assert.ok(new Ledger().totals.every(Number.isNaN));
    assert.ok(unknownRow().every(Number.isNaN));
  });
});

test("what samples alone would have said is the last seen of everybody, dead or alive", () => {
  const ledger = new Ledger();
  ledger.addSampled(2);
  ledger.addSampled(0.5);
  assert.equal(ledger.sampledCpuSeconds([{ cpuSeconds: 1 }, { cpuSeconds: 4 }]), 7.5);
});
