/* Many groups at once share one look at what has ended. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { loadPlatform } from "../../platform/mod.ts";
import { ProcessGroup } from "../../group/process_group.ts";
import type { ProcessTree } from "../../group/process_tree.ts";
import { ALL, makeGroup, startIn } from "../support/group.ts";
import type { Running } from "../support/group.ts";
import { noCgroup } from "../support/linux.ts";

const COUNT = 20;

const linux = process.platform === "linux";
test("waiting costs the same for many groups as for one, and each end reaches its own", {
  skip: !linux && "it needs Linux",
  timeout: 120_000,
}, async () => {
  const platform = (await loadPlatform()) as { endedChild: () => number };
  const { endedChild } = platform;
  let looks = 0;
  const groups: ProcessGroup[] = [];
  try {
    for (let n = 0; n < COUNT; n++) groups.push(await ProcessGroup.create({ lookoutMs: 60_000 }));
    const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
    const commands = groups.map((group) => group.start(["sleep", "300"], quiet));
    const ends: number[] = [];
    const waits = commands.map((command, n) => command.wait().then(() => ends.push(n)));
    // The first looks come one soon after the other. Where the machine stands still, they are put off as this is.
    for (let pause = 1; pause <= 1_024; pause *= 2) {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    if (groups[0].mechanism === "cgroup") {
      platform.endedChild = () => {
        looks++;
        return endedChild();
      };
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      assert.ok(looks >= 1 && looks <= 6, `${looks} looks of ${COUNT} groups in 2.5 s`);
      looks = 0;
    }
    for (const n of [7, 3]) {
      process.kill(commands[n].pid, "SIGKILL");
      await waits[n];
      assert.equal(commands[n].exitStatus?.signal, "SIGKILL");
    }
    assert.ok(looks <= 12, `${looks} looks for two ends`);
    assert.deepEqual(ends, [7, 3]);
    // All at once: one signal may stand for many.
    for (const [n, { pid }] of commands.entries()) if (n !== 7 && n !== 3) process.kill(pid, "SIGKILL");
    await Promise.all(waits);
    assert.equal(ends.length, COUNT);
  } finally {
    platform.endedChild = endedChild;
    for (const group of groups) group[Symbol.dispose]();
  }
});

/** Calls of read(2) and its kin by this program so far (proc_pid_io(5)). */
function readCalls(): number {
  return Number(/^syscr: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))![1]);
}

test("what a thorough look of a group costs does not grow with the children of other groups", {
  skip: noCgroup,
  timeout: 120_000,
}, async () => {
  const groups: ProcessTree[] = [];
  const commands: Running[] = [];
  const lookOf = (looking: readonly ProcessTree[]) => {
    const before = readCalls();
    for (const group of looking) group.refresh(performance.now(), "everything");
    return (readCalls() - before) / looking.length;
  };
  try {
    for (let n = 0; n < COUNT; n++) {
      groups.push(await makeGroup("cgroup", ALL, false));
      commands.push(startIn(groups[n], ["sleep", "300"]));
    }
    lookOf(groups);
    const calls = lookOf(groups);
    // Where each reads the children of all, there are about seven for each child.
    assert.ok(calls <= 4 * COUNT, `${calls} reads by each of ${COUNT} groups`);
    for (const [n, { pid }] of commands.entries()) {
      assert.deepEqual([...groups[n].members.map((member) => member.pid)], [pid]);
    }
  } finally {
    for (const { pid } of commands) process.kill(pid, "SIGKILL");
    for (const group of groups) group.reapEnded();
    for (const command of commands) command[Symbol.dispose]();
    for (const group of groups) group.release();
  }
});

test("starting and first looking at a group costs the same beside others that start", {
  skip: noCgroup,
  timeout: 120_000,
}, async () => {
  const many = 60;
  const groups: ProcessTree[] = [];
  const commands: Running[] = [];
  const spent = (action: () => void) => {
    const before = readCalls();
    action();
    return readCalls() - before;
  };
  try {
    // All are made before the first is started, as a supervisor makes them.
    for (let n = 0; n < many; n++) groups.push(await makeGroup("cgroup", ALL, false));
    // Each has a child, which is not one of ours.
    const start = (group: ProcessTree) => commands.push(startIn(group, ["sh", "-c", "sleep 300 & wait"]));
    const starts = groups.map((group) =>
      spent(() => {
        start(group);
        group.refresh(performance.now(), "glance");
      })
    );
    const isWhole = () => groups.every((group) => group.members.length === 2);
    const looks: number[] = [];
    while (!isWhole()) {
      looks.length = 0;
      for (const group of groups) {
        looks.push(spent(() => group.refresh(performance.now(), "figures")));
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const average = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
    // Where each reads what the others have started there are about two more for each of them.
    const bounds = `${starts} reads to start, ${looks} to look`;
    assert.ok(average(starts.slice(-20)) <= average(starts.slice(0, 20)) + 15, bounds);
    assert.ok(average(looks) <= many * 2 / 3, bounds);
  } finally {
    for (const group of groups) group.kill();
    for (const group of groups) while (group.members.length > 0) group.refresh(performance.now(), "members");
    for (const command of commands) command[Symbol.dispose]();
    for (const group of groups) group.release();
  }
});
