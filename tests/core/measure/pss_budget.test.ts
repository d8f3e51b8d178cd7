import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PSS_EVERY_MS, PssBudget } from "../../../core/measure/pss_budget.ts";

const MB = 2 ** 20;

/** A round over processes of these sizes, each of which takes `msPerMb`; what it took in all. */
function round(budget: PssBudget, sizes: readonly number[], msPerMb: number): number {
  let spent = 0;
  for (const megabytes of sizes) {
    if (!budget.allows(megabytes * MB)) continue;
    budget.spent(megabytes * MB, megabytes * msPerMb);
    spent += megabytes * msPerMb;
  }
  return spent;
}

test("a round comes once a second at most", () => {
  const budget = new PssBudget();
  assert.equal(budget.begin(0), true);
  assert.equal(budget.begin(PSS_EVERY_MS - 1), false);
  assert.equal(budget.begin(PSS_EVERY_MS), true);
});

test("in the long run all of it takes a hundredth of the time, however many and however dear", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 16, max: 4_000, noNaN: true }), { minLength: 1, maxLength: 50 }),
    fc.double({ min: 0.001, max: 1, noNaN: true }),
    (sizes, msPerMb) => {
      const budget = new PssBudget();
      let spent = 0;
      for (let second = 0; second < 500; second++) {
        budget.begin(second * PSS_EVERY_MS);
        spent += round(budget, sizes, msPerMb);
      }
      // The first round has ten seconds' worth, and one reading in it may be dearer than anybody could know.
      assert.ok(spent <= 500 * 10 * 1.1 + 100 + 500 * msPerMb * 3, `${spent}`);
    },
  ));
});

test("what would hold a process up for long is never read", () => {
  const budget = new PssBudget();
  budget.begin(0);
  assert.equal(budget.allows(100 * MB), true);
  assert.equal(budget.allows(2_000 * MB), false);
  budget.spent(100 * MB, 50);
  budget.begin(60_000);
  assert.equal(budget.allows(100 * MB), false);
});

test("a reading that looked dear once is tried again in time", () => {
  const budget = new PssBudget();
  budget.begin(0);
  budget.spent(100 * MB, 50);
  let seconds = 1;
  while (seconds < 1_000 && !(budget.begin(seconds * PSS_EVERY_MS) && budget.allows(100 * MB))) seconds++;
  assert.ok(seconds > 1 && seconds < 600, `${seconds}`);
});

test("small processes do not spoil the estimate", () => {
  const budget = new PssBudget();
  for (let second = 0; second < 10; second++) {
    budget.begin(second * PSS_EVERY_MS);
    budget.spent(2 * MB, 1);
  }
  assert.equal(budget.allows(200 * MB), true);
});
