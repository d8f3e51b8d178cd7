/* Whatever descends from the command is on the bill, however it tried to get away. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Total } from "../../core/measure/raw.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { ALL, assertNeverShrinks, makeGroup, runTree, startIn } from "../support/group.ts";
import type { Rung } from "../support/group.ts";
import { noCgroup, processState } from "../support/linux.ts";

describe("an orphan in a session of its own", () => {
  async function doubleFork(rung: Rung): Promise<void> {
    const { output, totals, history, ended } = await runTree(rung, [fixture("double_fork_wait"), "0.5"]);
    const truth = output.self.cpu_seconds + output.children.cpu_seconds + output.grandchild.cpu_seconds;
    assert.ok(output.grandchild.cpu_seconds >= 0.5);
    assertNear(totals[Total.cpuSeconds], truth, 0.01, 0.01, "CPU");
    const orphan = ended.find(({ pid }) => pid === output.grandchild_pid);
    assert.ok(orphan, "the orphan's end was not noticed");
    assertNear(orphan.cpuSeconds, output.grandchild.cpu_seconds, 0.01, 0.002, "the orphan's own CPU");
    assert.equal(orphan.exit?.exitCode, 0);
    assertNeverShrinks(history, totals);
    assert.equal(processState(output.grandchild_pid), undefined, "the orphan was not reaped");
  }

  test("is billed in a cgroup", { skip: noCgroup, timeout: 120_000 }, () => doubleFork("cgroup"));
  test("is billed by a subreaper", { timeout: 120_000 }, () => doubleFork("subreaper"));
});

describe("a child that calls setsid", () => {
  async function setsid(rung: Rung): Promise<void> {
    const { output, totals, ended } = await runTree(rung, [fixture("setsid_child"), "1"]);
    const truth = output.self.cpu_seconds + output.children.cpu_seconds;
    assert.ok(output.children.cpu_seconds >= 1);
    assertNear(totals[Total.cpuSeconds], truth, 0.01, 0.01, "CPU");
    const child = ended.find(({ pid }) => pid === output.child_pid);
    assert.ok(child, "the child was never seen");
    assert.equal(child.exit, null); // its parent waited for it, not we
    assert.equal(child.parentPid, output.pid);
  }

  test("is billed in a cgroup", { skip: noCgroup, timeout: 120_000 }, () => setsid("cgroup"));
  test("is billed by a subreaper", { timeout: 120_000 }, () => setsid("subreaper"));
});

describe("a tree of forty processes", () => {
  async function forkTree(rung: Rung): Promise<void> {
    const group = await makeGroup(rung);
    try {
      using running = startIn(group, [fixture("fork_tree"), "3", "3", "60"]);
      await running.until(() => running.output().length > 0);
      group.refresh(1e6, "everything");
      const [{ count, pids, parents }] = running.output();
      assert.equal(count, 40);
      assert.deepEqual(group.members.map(({ pid }) => pid).toSorted((a, b) => a - b), pids);
      for (const { pid, parentPid } of group.members) {
        if (pid !== running.pid) assert.equal(parentPid, parents[pid]);
      }
      assert.equal(group.reading.processCount, 40);
      assert.equal(group.reading.threadCount, 40);
      assert.equal(group.totalProcessCount, 40);
      const order = group.members.map(({ pid }) => pid);
      for (const [child, parent] of Object.entries<number>(parents)) {
        assert.ok(order.indexOf(parent) < order.indexOf(Number(child)), "a child stands before its parent");
      }
      for (const pid of pids) process.kill(pid, "SIGKILL");
      await running.until(() => running.ended.length === 40);
      assert.equal(new Set(running.ended.map(({ pid }) => pid)).size, 40);
      group.refresh(2e6, "everything");
      assert.equal(group.members.length, 0);
      assert.equal(group.totalProcessCount, 40);
    } finally {
      group.release();
    }
  }

  test(
    "is seen whole in a cgroup, parents first",
    { skip: noCgroup, timeout: 120_000 },
    () => forkTree("cgroup"),
  );
  test("is seen whole by a subreaper, parents first", { timeout: 120_000 }, () => forkTree("subreaper"));
});

test("a tree that is found running is billed from then on", { timeout: 120_000 }, async () => {
  const { ProcessTree } = await import("../../group/process_tree.ts");
  const { startFixture } = await import("../support/live.ts");
  await using live = await startFixture("fork_tree", "2", "2", "-");
  const { loadPlatform } = await import("../../platform/mod.ts");
  const platform = await loadPlatform();
  const group = ProcessTree.observe(platform, live.pid, {
    wanted: ALL,
    marker: "X=1",
    soleParent: false,
    guarded: false,
  });
  assert.ok(group);
  assert.equal(group.container.mechanism, "none");
  assert.deepEqual(group.members.map(({ pid }) => pid).toSorted((a, b) => a - b), live.ready.pids);
  assert.equal(group.reading.totals[Total.cpuSeconds], 0);
  await live.release();
  group.refresh(1e6, "everything");
  assert.equal(group.members.length, 0);
  assert.ok(group.reading.totals[Total.cpuSeconds] < 0.5);
  group.release();
});
