/* Members are taken out of the process table between two samples, too: when any child of the program ends. */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { describe, test } from "node:test";
import { ProcessTree } from "../../group/process_tree.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { eventually } from "../support/eventually.ts";
import { ALL, startIn } from "../support/group.ts";
import type { Rung } from "../support/group.ts";
import { noCgroup, processState } from "../support/linux.ts";

/** A member ends just when a look has asked who has ended; it is reaped before the next, and nothing runs meanwhile. */
async function reapedBetween(rung: Rung): Promise<void> {
  const platform = await loadPlatform();
  let asks = true;
  const group = ProcessTree.create(
    { ...platform, endedChild: () => asks ? platform.endedChild() : 0 },
    {
      wanted: ALL,
      marker: `PROCTOR_GROUP=reaped-between-${process.pid}`,
      soleParent: true,
      guarded: false,
      mechanism: rung === "subreaper" ? "subreaper" : undefined,
    },
  );
  using stays = startIn(group, ["sleep", "600"]);
  using ends = startIn(group, ["sleep", "600"]);
  try {
    assert.equal(group.container.mechanism, rung);
    for (const { pid } of [stays, ends]) await eventually(() => processState(pid) === "S");
    asks = false;
    process.kill(ends.pid, "SIGKILL");
    await eventually(() => processState(ends.pid) === "Z");
    // The kernel counts the end's own CPU time a little later.
    let cpuSeconds = NaN;
    let nowMs = 0;
    await eventually(() => {
      const before = cpuSeconds;
      group.refresh(nowMs = performance.now(), "everything");
      cpuSeconds = group.container.usage.cpuSeconds;
      return cpuSeconds === before || Number.isNaN(cpuSeconds);
    });
    assert.equal(group.reading.processCount, 2, "who waits to be reaped is a member");
    asks = true;
    assert.equal(group.reapEnded(), 1);
    group.refresh(nowMs);
    assert.deepEqual([group.reading.processCount, group.members.length], [1, 1]);
  } finally {
    asks = true;
    process.kill(stays.pid, "SIGKILL");
    await eventually(() => group.reapEnded() > 0);
    group.release();
  }
}

describe("a member that was reaped between two samples is not counted in the next", () => {
  test("in a cgroup", { skip: noCgroup, timeout: 120_000 }, () => reapedBetween("cgroup"));
  test("by a subreaper", { timeout: 120_000 }, () => reapedBetween("subreaper"));
});
