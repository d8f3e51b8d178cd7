import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemberWaits } from "../../group/member_waits.ts";
import type { ProcessReader } from "../../platform/mod.ts";
import { fixture } from "../support/fixture.ts";
import { ALL, makeGroup, startIn } from "../support/group.ts";
import { noCgroup } from "../support/linux.ts";

function member(runQueueSeconds: number, blockIoSeconds = NaN, memoryWaitSeconds = NaN) {
  const waits = { runQueueSeconds, blockIoSeconds, memoryWaitSeconds };
  return { waits, lookAtWaits: () => {} } as unknown as ProcessReader & { waits: typeof waits };
}

test("those who have ended are added to those who live", () => {
  const waits = new MemberWaits();
  waits.addEnded(member(1.5, NaN, 0.25));
  waits.addEnded(member(NaN));
  const total = { runQueueSeconds: 3.5, blockIoSeconds: NaN, memoryWaitSeconds: 0.75 };
  assert.deepEqual(waits.total([member(2, NaN, 0.5), member(NaN)]), total);
});

test("what nobody was seen to wait for is unknown, not zero", () => {
  const nothing = { runQueueSeconds: NaN, blockIoSeconds: NaN, memoryWaitSeconds: NaN };
  assert.deepEqual(new MemberWaits().total([member(NaN)]), nothing);
});

test("what members had waited before is not counted", () => {
  const one = member(7, 3, 2);
  const waits = new MemberWaits();
  waits.startHere([one]);
  one.waits.runQueueSeconds = 7.5;
  assert.deepEqual(waits.total([one]), {
    runQueueSeconds: 0.5,
    blockIoSeconds: 0,
    memoryWaitSeconds: 0,
  });
});

test("property: the total is the same whoever of them has ended", () => {
  const seconds = fc.integer({ min: 0, max: 1_000 });
  fc.assert(fc.property(fc.array(fc.tuple(seconds, fc.boolean()), { minLength: 1 }), (all) => {
    const waits = new MemberWaits();
    const living: ProcessReader[] = [];
    for (const [waited, hasEnded] of all) {
      if (hasEnded) waits.addEnded(member(waited));
      else living.push(member(waited));
    }
    assert.equal(waits.total(living).runQueueSeconds, all.reduce((sum, [waited]) => sum + waited, 0));
  }));
});

/** How often the waits of a busy member are read in five seconds of samples that are a tenth of a second apart. */
async function looksAtWaits(waits: boolean): Promise<number> {
  const group = await makeGroup("cgroup", { ...ALL, waits });
  try {
    using running = startIn(group, [fixture("burn_cpu"), "30"]);
    await running.until(() => group.members.length === 1);
    const [member] = group.members;
    let count = 0;
    const look = member.lookAtWaits.bind(member);
    member.lookAtWaits = () => {
      count++;
      look();
    };
    let now = performance.now();
    for (let sample = 0; sample < 50; sample++) {
      await running.sleep(5);
      group.refresh(now += 100, "sample");
    }
    if (waits) assert.ok(group.waits.runQueueSeconds >= 0, `${group.waits.runQueueSeconds}`);
    else assert.equal(group.waits.runQueueSeconds, NaN);
    group.kill();
    await running.until(() => group.members.length === 0);
    return count;
  } finally {
    group.release();
  }
}

test(
  "they are read once a second where they are asked for, however often samples are taken, and else never",
  {
    skip: noCgroup,
    timeout: 120_000,
  },
  async () => {
    const count = await looksAtWaits(true);
    // Once more for the end.
    assert.ok(count >= 4 && count <= 7, `${count} looks`);
    assert.equal(await looksAtWaits(false), 0);
  },
);
