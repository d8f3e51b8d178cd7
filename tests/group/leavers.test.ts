/*
 * Members that leave the cgroup, as by su under pam_systemd or systemd-run --scope: they are of the tree
 * nevertheless.
 */
import assert from "node:assert/strict";
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { test } from "node:test";
import { Total } from "../../core/measure/raw.ts";
import { stopTree } from "../../group/stop.ts";
import { describeAccounting } from "../../monitor/run/accounting.ts";
import { ownCgroup } from "../../platform/linux/cgroup/cgroup_path.ts";
import { eventually } from "../support/eventually.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { ALL, makeGroup, startIn } from "../support/group.ts";
import type { Running } from "../support/group.ts";
import { noCgroup, processState } from "../support/linux.ts";

/** Run something that leaves for a cgroup of its own beside ours. */
async function withLeaver(args: readonly string[], use: (running: Running) => Promise<void>): Promise<void> {
  const own = ownCgroup();
  assert.ok("directory" in own);
  const directory = join(own.directory, `leavers-test-${process.pid}-${Math.round(performance.now())}`);
  mkdirSync(directory);
  try {
    const group = await makeGroup("cgroup", { ...ALL, counters: false });
    try {
      using running = startIn(group, [fixture("leave_cgroup"), directory, ...args]);
      await use(running);
    } finally {
      group.release();
    }
  } finally {
    await eventually(() => isRemoved(directory));
  }
}

/** Whether a cgroup could be removed; not as long as there is anybody in it. */
function isRemoved(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
    throw error;
  }
}

test("one that has left is counted, noticed, and told of", { skip: noCgroup, timeout: 120_000 }, async () => {
  await withLeaver(["1.5"], async (running) => {
    const { group } = running;
    const left: number[] = [];
    group.onLeft = ({ pid }) => left.push(pid);
    let seen = 0;
    await running.until(() => running.ended.some(({ pid }) => pid === running.pid), 20, () => {
      seen = Math.max(seen, group.reading.totals[Total.cpuSeconds]);
    });
    group.refresh(performance.now(), "everything");
    const [{ child_pid }, { children, self }] = running.output();
    const truth = children.cpu_seconds + self.cpu_seconds;
    assert.deepEqual(left, [child_pid]);
    assertNear(group.reading.totals[Total.cpuSeconds], truth, 0.01, 0.005, "CPU");
    assert.ok(seen > truth / 2, `while it ran, no more than ${seen} s of ${truth} s were seen`);
    const { cpu } = describeAccounting(group, "ended");
    assert.deepEqual([cpu.source, cpu.quality], ["ledger", "lower_bound"]);
    assert.match(cpu.note ?? "", /left the cgroup/);
  });
});

test("one that has left is stopped with the rest", { skip: noCgroup, timeout: 120_000 }, async () => {
  await withLeaver(["0.01", "600"], async (running) => {
    const { group } = running;
    // It may leave before its parent has said who it is.
    await running.until(() => group.container.leavers.size > 0 && running.output().length > 0);
    const [{ child_pid: child }] = running.output();
    assert.ok(group.container.leavers.has(child));
    const report = await stopTree(group, { signal: "SIGKILL", graceMs: 0 }, running.wake);
    assert.equal(report.membersAfter, 0);
    assert.equal(processState(child), undefined);
  });
});
