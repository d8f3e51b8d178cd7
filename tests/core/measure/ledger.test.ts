import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Ledger } from "../../../core/measure/ledger.ts";
import { unknownFigures } from "../../../core/measure/process_figures.ts";
import type { ProcessFigures } from "../../../core/measure/process_figures.ts";
import { Raw, RAW_WIDTH, Total, TOTAL_WIDTH, unknownRow } from "../../../core/measure/raw.ts";
import { addUpTold } from "../../../core/measure/told_totals.ts";

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

  test("keeps of a child what no parent inherits, and nothing else of it", () => {
    const ledger = new Ledger();
    const [parent, child] = [
      live({ cpuSeconds: 1, diskReadBytes: 100 }),
      live({ cpuSeconds: 4, diskReadBytes: 20 }),
    ];
    ledger.draw([parent, child], NOTHING_COUNTED);
    ledger.addUninherited(child.row);
    parent.row[Raw.reapedCpuSeconds] = 4;
    parent.row[Raw.diskReadBytes] = 130;
    ledger.draw([parent], NOTHING_COUNTED);
    assert.deepEqual([ledger.totals[Total.cpuSeconds], ledger.totals[Total.diskReadBytes]], [5, 150]);
    // What is not known adds nothing, and takes nothing away.
    ledger.addUninherited(unknownRow());
    ledger.draw([parent], NOTHING_COUNTED);
    assert.equal(ledger.totals[Total.diskReadBytes], 150);
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

describe("user and system time", () => {
  /** What is billed after one look after another at a single member. */
  function bill(...looks: [cpuSeconds: number, userSeconds: number, systemSeconds: number][]): number[] {
    const ledger = new Ledger();
    for (const [cpuSeconds, userSeconds, systemSeconds] of looks) {
      const before = parts(ledger);
      ledger.draw([live({ cpuSeconds, userSeconds, systemSeconds })], NOTHING_COUNTED);
      assert.ok(parts(ledger).every((part, index) => !(part < before[index])), "a part was taken back");
    }
    return parts(ledger);
  }
  const parts = ({ totals }: Ledger) => [totals[Total.userSeconds], totals[Total.systemSeconds]];

  test("divide the exact total as the kernel's ticks do", () => {
    assert.deepEqual(bill([2.5, 1.5, 0.5]), [1.875, 0.625]);
    assert.deepEqual(bill([1, 3, 1]), [0.75, 0.25]);
  });

  test("are unknown until there is a tick, and nothing where nothing was used", () => {
    assert.deepEqual(bill([0.004, 0, 0]), [NaN, NaN]);
    assert.deepEqual(bill([0, 0, 0]), [0, 0]);
    assert.deepEqual(bill([0, 0, 0], [0.004, 0, 0], [0.5, 0.25, 0.25]), [0.25, 0.25]);
  });

  test("take nothing back when a tick changes the proportion", () => {
    assert.deepEqual(bill([0.75, 0.5, 0], [1, 0.5, 0.5]), [0.75, 0.25]);
    assert.deepEqual(bill([0.75, 0, 0.5], [1, 0.5, 0.5]), [0.25, 0.75]);
  });

  test("divide the total, too, that samples or the accounts know to be larger than the container's", () => {
    const counted = NOTHING_COUNTED.slice();
    counted.set([1, 0.75, 0.25]);
    const bySamples = new Ledger();
    bySamples.draw([], counted, 4);
    assert.deepEqual(parts(bySamples), [3, 1]);
    const byAccounts = new Ledger();
    byAccounts.draw([live({ cpuSeconds: 8, userSeconds: 2, systemSeconds: 2 })], counted, 4);
    assert.deepEqual(parts(byAccounts), [4, 4]);
  });

  test("of a tree that ran before begin at zero", () => {
    const ledger = new Ledger();
    const used = (cpuSeconds: number, userSeconds: number, systemSeconds: number) =>
      ledger.draw([live({ cpuSeconds, userSeconds, systemSeconds })], NOTHING_COUNTED);
    used(100, 60, 40);
    ledger.startHere([]);
    assert.deepEqual(parts(ledger), [0, 0]);
    used(102, 61.5, 40.5);
    assert.deepEqual(parts(ledger), [1.5, 0.5]);
  });

  test("property: add up to the total and never shrink, whatever the ticks say", () => {
    const amount = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(fc.property(fc.array(fc.tuple(amount, amount, amount)), (steps) => {
      const ledger = new Ledger();
      const used = [0, 0, 0];
      for (const step of steps) {
        const before = parts(ledger);
        step.forEach((more, index) => used[index] += more);
        const [cpuSeconds, userSeconds, systemSeconds] = used;
        ledger.draw([live({ cpuSeconds, userSeconds, systemSeconds })], NOTHING_COUNTED);
        const [user, system] = parts(ledger);
        assert.ok(!(user < before[0]) && !(system < before[1]), `${before} became ${user}, ${system}`);
        if (Number.isNaN(user)) assert.equal(userSeconds + systemSeconds, 0);
        else assert.ok(Math.abs(user + system - cpuSeconds) < 1e-9, `${user} + ${system}, not ${cpuSeconds}`);
      }
    }));
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

describe("what the kernel tells of each process", () => {
  const figures = (values: Partial<ProcessFigures>) => ({ ...unknownFigures(), ...values });

  test("is added up, and unknown where nobody's is known", () => {
    const some = [figures({ cpuSeconds: 1, diskReadBytes: 10 }), figures({ cpuSeconds: 2.5 })];
    const { totals } = addUpTold("bpf", some, false);
    assert.equal(totals[Total.cpuSeconds], 3.5);
    assert.equal(totals[Total.diskReadBytes], 10);
    assert.ok(Number.isNaN(totals[Total.minorFaults]));
    assert.ok(Number.isNaN(totals[Total.userSeconds]));
  });

  test("raises the bill to what was lost, takes nothing back, and keeps the parts of its CPU", () => {
    const ledger = new Ledger();
    ledger.draw(
      [live({ cpuSeconds: 4, userSeconds: 3, systemSeconds: 1, ioReadBytes: 100 })],
      NOTHING_COUNTED,
    );
    const told = figures({ cpuSeconds: 8, ioReadBytes: 50, minorFaults: 6 });
    ledger.raise(addUpTold("bpf", [told], true).totals);
    assert.equal(ledger.totals[Total.cpuSeconds], 8);
    assert.equal(ledger.totals[Total.userSeconds], 6);
    assert.equal(ledger.totals[Total.systemSeconds], 2);
    assert.equal(ledger.totals[Total.ioReadBytes], 100);
    assert.equal(ledger.totals[Total.minorFaults], 6);
    assert.equal(ledger.totals[Total.diskReadBytes], 0);
  });

  test("leaves what the container has counted itself, but for CPU", () => {
    const ledger = new Ledger();
    const counted = NOTHING_COUNTED.slice();
    counted[Total.cpuSeconds] = 1;
    counted[Total.diskWriteBytes] = 4_096;
    ledger.draw([live({ cpuSeconds: 1, ioWriteBytes: 10 })], counted);
    const told = figures({ cpuSeconds: 2, diskReadBytes: 512, diskWriteBytes: 8_192, ioWriteBytes: 20 });
    ledger.raise(addUpTold("bpf", [told], true).totals);
    assert.equal(ledger.totals[Total.cpuSeconds], 2);
    assert.equal(ledger.totals[Total.diskWriteBytes], 4_096);
    assert.equal(ledger.totals[Total.diskReadBytes], 512);
    assert.equal(ledger.totals[Total.ioWriteBytes], 20);
  });
});
