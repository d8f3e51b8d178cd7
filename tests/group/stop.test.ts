import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { stopTree } from "../../group/stop.ts";
import type { StopOptions, StopReport } from "../../group/stop.ts";
import { fixture } from "../support/fixture.ts";
import { makeGroup, startIn } from "../support/group.ts";
import type { Rung, Running } from "../support/group.ts";
import { noCgroup, ownCgroupDirectories, ownChildren, processState } from "../support/linux.ts";

interface Stopped extends StopReport {
  readonly running: Running;
  // deno-lint-ignore no-explicit-any
  readonly output: any[];
  readonly rootExit: { exitCode: number | null; signal: number | null } | undefined;
}

/** Start a command, wait until it is ready, stop it, and expect that nothing of it is left. */
async function stop(
  rung: Rung,
  command: readonly string[],
  options: StopOptions,
  isReady = (running: Running) => running.output().length > 0,
): Promise<Stopped> {
  const before = ownChildren();
  const group = await makeGroup(rung);
  using running = startIn(group, command);
  try {
    await running.until(() => isReady(running), 10);
    group.refresh(performance.now(), "everything");
    const pids = group.members.map(({ pid }) => pid);
    assert.ok(pids.length > 0);
    const report = await stopTree(group, options, running.wake);
    const left = [...pids, ...running.ended.map(({ pid }) => pid)].filter((pid) =>
      processState(pid) !== undefined
    );
    assert.deepEqual(left, [], "processes are left");
    assert.equal(group.members.length, 0);
    assert.equal(report.membersAfter, 0);
    assert.deepEqual(ownChildren().filter((pid) => !before.includes(pid)), [], "children of ours are left");
    const root = running.ended.find(({ pid }) => pid === running.pid);
    return { ...report, running, output: running.output(), rootExit: root?.exit ?? undefined };
  } finally {
    group.release();
    assert.deepEqual(ownCgroupDirectories(), [], "a cgroup is left");
  }
}

for (const rung of ["cgroup", "subreaper"] as const) {
  const skip = rung === "cgroup" ? noCgroup : false;

  describe(`a stop on the rung ${rung}`, () => {
    test("ends as soon as the members have ended by themselves", { skip, timeout: 120_000 }, async () => {
      const options = { signal: "SIGTERM", graceMs: 60_000 };
      const { output, rootExit, killed, membersBefore, elapsedSeconds } = await stop(rung, [
        fixture("graceful_sigterm"),
        "7",
      ], options);
      assert.deepEqual(output.at(-1), { stopping: true, signal: "TERM" });
      assert.deepEqual([rootExit?.exitCode, killed, membersBefore], [7, false, 1]);
      assert.ok(elapsedSeconds < 15, `it took ${elapsedSeconds} s`);
    });

    test(
      "kills what ignores the signal, after the grace and not before",
      { skip, timeout: 120_000 },
      async () => {
        const options = { signal: "SIGTERM", graceMs: 300 };
        const { rootExit, killed, elapsedSeconds } = await stop(rung, [fixture("ignore_sigterm")], options);
        assert.deepEqual([rootExit?.signal, killed], [9, true]);
        assert.ok(elapsedSeconds >= 0.3 && elapsedSeconds < 15, `it took ${elapsedSeconds} s`);
      },
    );

    test("kills at once without a grace", { skip, timeout: 120_000 }, async () => {
      const options = { signal: "SIGTERM", graceMs: 0 };
      const { rootExit, killed, elapsedSeconds } = await stop(
        rung,
        [fixture("graceful_sigterm"), "7"],
        options,
      );
      assert.deepEqual([rootExit?.signal, killed], [9, true]);
      assert.ok(elapsedSeconds < 15, `it took ${elapsedSeconds} s`);
    });

    test("sends the signal that was asked for, once to each", { skip, timeout: 120_000 }, async () => {
      const options = { signal: "SIGUSR1", graceMs: 10_000 };
      const { output, rootExit } = await stop(rung, [fixture("on_signal"), "USR1", "3"], options);
      assert.deepEqual(output.at(-1), { signal: "USR1", deliveries: 1 });
      assert.equal(rootExit?.exitCode, 3);
    });

    test("reaches every member of a tree", { skip, timeout: 120_000 }, async () => {
      const options = { signal: "SIGTERM", graceMs: 10_000 };
      const { killed, membersBefore, running } = await stop(
        rung,
        [fixture("fork_tree"), "2", "4", "60"],
        options,
      );
      assert.deepEqual([killed, membersBefore], [false, 21]);
      assert.equal(running.ended.length, 21);
    });

    test("reaches orphans in sessions of their own", { skip, timeout: 120_000 }, async () => {
      const options = { signal: "SIGTERM", graceMs: 10_000 };
      const isOrphaned = ({ group, pid, ended }: Running) =>
        ended.some((end) => end.pid === pid) && group.members.length === 1;
      const command = [fixture("double_fork"), "60"];
      const { killed, membersBefore, output } = await stop(rung, command, options, isOrphaned);
      assert.deepEqual([killed, membersBefore], [false, 1]);
      assert.equal(processState(output[0].grandchild_pid), undefined);
    });

    test("catches up with a tree that goes on forking", { skip, timeout: 120_000 }, async () => {
      // Each shell starts another before it ends, and none of them heeds the signal.
      const script = `trap '' TERM; next() { sleep 0.03; sh -c "$0" "$0" & }; next`;
      const options = { signal: "SIGTERM", graceMs: 200 };
      const isForking = ({ group }: Running) => group.totalProcessCount > 6;
      const { killed, running } = await stop(rung, ["sh", "-c", script, script], options, isForking);
      assert.equal(killed, true);
      assert.ok(running.ended.length > 6);
    });
  });
}
