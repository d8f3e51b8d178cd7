/* A group is not alone in its process: other groups, and children that the program around it has started. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { Total } from "../../core/measure/raw.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import { eventually } from "../support/eventually.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { ALL, makeGroup, startIn } from "../support/group.ts";
import type { Rung } from "../support/group.ts";
import { noCgroup, openDescriptors, ownCgroupDirectories, processState } from "../support/linux.ts";

async function twoGroups(rung: Rung, soleParent: boolean): Promise<void> {
  const groups = [await makeGroup(rung, ALL, soleParent), await makeGroup(rung, ALL, soleParent)];
  try {
    using first = startIn(groups[0], [fixture("storm"), "60", "0.005"]);
    using second = startIn(groups[1], [fixture("double_fork_wait"), "0.6"]);
    const both = [first, second];
    const isOver = () => both.every(({ ended, pid }) => ended.some((end) => end.pid === pid));
    const refreshOther = () => groups[0].refresh(performance.now(), "everything");
    await second.until(isOver, 10, refreshOther);
    for (const group of groups) group.refresh(performance.now(), "everything");
    const [storm] = first.output();
    const [orphan] = second.output();
    const cpu = (group: ProcessTree) => group.reading.totals[Total.cpuSeconds];
    assertNear(cpu(groups[0]), storm.self.cpu_seconds + storm.children.cpu_seconds, 0.01, 0.01, "the first");
    const truth = orphan.self.cpu_seconds + orphan.children.cpu_seconds + orphan.grandchild.cpu_seconds;
    assertNear(cpu(groups[1]), truth, 0.01, 0.01, "the second");
    assert.equal(processState(orphan.grandchild_pid), undefined);
  } finally {
    for (const group of groups) group.release();
  }
}

describe("two groups at a time keep their bills apart", () => {
  test("in cgroups", { skip: noCgroup, timeout: 120_000 }, () => twoGroups("cgroup", false));
  test("by a subreaper", { timeout: 120_000 }, () => twoGroups("subreaper", false));
  test(
    "in cgroups, where all children are theirs",
    { skip: noCgroup, timeout: 120_000 },
    () => twoGroups("cgroup", true),
  );
});

test("the program's own children stay its own to wait for", { timeout: 120_000 }, async () => {
  const group = await makeGroup("subreaper", ALL, false);
  try {
    using running = startIn(group, [fixture("storm"), "50", "0.005"]);
    const codes: unknown[] = [];
    const own = Promise.all([5, 6, 7].map(async (code) => {
      const child = spawn("sh", ["-c", `sleep 0.1; exit ${code}`]);
      codes.push((await once(child, "exit"))[0]);
    }));
    const root = () => running.ended.find(({ pid }) => pid === running.pid);
    await Promise.all([own, running.until(() => root() !== undefined, 5)]);
    assert.deepEqual(codes.toSorted(), [5, 6, 7]);
    assert.equal(root()?.exit?.exitCode, 0);
    assert.ok(
      running.ended.every(({ name }) => name !== "sh" && name !== "sleep"),
      "a stranger was taken for a member",
    );
  } finally {
    group.release();
  }
});

/** Keep the loop from turning, and let a group reap what it may meanwhile. */
function blockLoop(ms: number, group: ProcessTree): void {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    group.reapEnded();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

for (const rung of ["cgroup", "subreaper"] as const) {
  const skip = rung === "cgroup" && noCgroup;
  test(`the rung ${rung} leaves the program's children to it though its loop is blocked`, {
    skip,
    timeout: 120_000,
  }, async () => {
    const group = await makeGroup(rung, ALL, false);
    try {
      const child = spawn("sh", ["-c", "exit 5"], { stdio: "ignore" });
      blockLoop(600, group);
      const [code] = await once(child, "exit");
      assert.equal(code, 5);
    } finally {
      group.release();
    }
  });

  test(`the rung ${rung} leaves to another group what that one does not come to reap`, {
    skip,
    timeout: 120_000,
  }, async () => {
    const [busy, other] = [await makeGroup(rung, ALL, false), await makeGroup(rung, ALL, false)];
    try {
      using running = startIn(busy, ["sh", "-c", "exit 6"]);
      for (let turn = 0; turn < 60; turn++) {
        other.reapEnded();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await running.until(() => running.ended.length > 0);
      assert.equal(running.ended[0].exit?.exitCode, 6);
    } finally {
      busy.release();
      other.release();
    }
  });
}

test("a group that is let go leaves its members alone, and nothing of its own", {
  skip: noCgroup,
  timeout: 120_000,
}, async () => {
  const descriptors = openDescriptors().length;
  let pids: number[] = [];
  const group = await makeGroup("cgroup");
  {
    using running = startIn(group, [fixture("fork_tree"), "1", "3", "60"]);
    await running.until(() => running.output().length > 0);
    pids = running.output()[0].pids;
    group.release();
  }
  assert.equal(pids.length, 4);
  for (const pid of pids) {
    const state = processState(pid);
    assert.ok(state !== undefined && ["S", "R", "D"].includes(state), `${pid} is ${state}`);
  }
  assert.deepEqual(ownCgroupDirectories(), []);
  assert.ok(
    openDescriptors().length <= descriptors + 1,
    `${openDescriptors().length} descriptors after ${descriptors}`,
  );
  for (const pid of pids) process.kill(pid, "SIGKILL");
  // The one that is our child leaves no zombie, though nothing holds it any more.
  await eventually(() => pids.every((pid) => processState(pid) === undefined));
});
