/* Limits on a pure cgroup v2, where every controller is there; the truth is in the kernel's own files. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ProcessGroup } from "../../../mod.ts";
import type { Limits } from "../../../mod.ts";
import { burned, cgroupOf, groupDirectory, MB, ownCgroupEntries } from "./support.ts";
import { fixture } from "../../support/fixture.ts";

/** A group with limits, for as long as `use` runs; afterwards nothing of it may be left. */
async function limited<T>(limits: Limits, use: (group: ProcessGroup) => Promise<T> | T): Promise<T> {
  const before = ownCgroupEntries();
  try {
    await using group = await ProcessGroup.create({ limits });
    assert.equal(group.mechanism, "cgroup", group.mechanismReason ?? "");
    return await use(group);
  } finally {
    assert.deepEqual(ownCgroupEntries(), before);
  }
}

test(
  "memory: what asks for more is killed, and that is told",
  { timeout: 120_000 },
  () =>
    limited({ memoryBytes: 64 * MB }, async (group) => {
      const running = group.start([fixture("alloc_mb"), "200"], { stdout: "null" });
      const status = await running.wait();
      assert.deepEqual(status, { outcome: "oom_killed", exitCode: null, signal: "SIGKILL" });
      const stats = group.stats();
      assert.equal(stats.oomKillCount, 1);
      assert.ok(stats.memoryLimitHitCount! > 0);
      const kernel = Number(readFileSync(`${groupDirectory()}/memory.peak`, "utf8"));
      assert.equal(stats.peakMemoryBytes, kernel);
      // Whoever is being killed: out of memory gets what it still needs to end, limit or not (mm/memcontrol.c).
      assert.ok(kernel > 60 * MB && kernel <= 68 * MB, `${kernel}`);
    }),
);

test(
  "memory: what stays below it is left alone",
  { timeout: 120_000 },
  () =>
    limited({ memoryBytes: 64 * MB }, async (group) => {
      const running = group.start([fixture("alloc_mb"), "20"], { stdout: "null" });
      assert.deepEqual(await running.wait(), { outcome: "exited", exitCode: 0, signal: null });
      assert.equal(group.stats().oomKillCount, 0);
    }),
);

test(
  "memory: an end by SIGKILL is no want of memory",
  { timeout: 120_000 },
  () =>
    limited({ memoryBytes: 64 * MB }, async (group) => {
      const running = group.start(["sleep", "60"]);
      group.signal("SIGKILL");
      assert.equal((await running.wait()).outcome, "signaled");
    }),
);

test(
  "CPU: a busy member gets its share, and waits for more",
  { timeout: 120_000 },
  () =>
    limited({ cpuCores: 0.25 }, async (group) => {
      const started = performance.now();
      await group.start([fixture("burn_cpu"), "1"], { stdout: "null" }).wait();
      const wall = (performance.now() - started) / 1_000;
      const { totalCpuTimeSeconds, cpuThrottledSeconds } = group.stats();
      assert.ok(totalCpuTimeSeconds! >= 1, `${totalCpuTimeSeconds}`);
      // A slice of it may be had in advance, and one at the end.
      assert.ok(totalCpuTimeSeconds! <= wall * 0.25 + 0.1, `${totalCpuTimeSeconds} s in ${wall} s`);
      assert.ok(cpuThrottledSeconds! > 0.5, `${cpuThrottledSeconds}`);
    }),
);

test(
  "processes: a fork beyond it fails",
  { timeout: 120_000 },
  () =>
    limited({ processes: 5 }, async (group) => {
      const script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 60 >/dev/null 2>&1 & done; wait";
      const output = await group.output(["sh", "-c", script]);
      assert.match(Buffer.from(output.stderr).toString(), /fork/i);
      assert.notEqual(output.exitCode, 0);
      const stats = group.stats();
      assert.ok(stats.processLimitHitCount! > 0);
      assert.ok(stats.activeProcessCount <= 5, `${stats.activeProcessCount}`);
      await group.stop({ graceMs: 0 });
    }),
);

test(
  "processes: a start beyond it is refused, and the group goes on",
  { timeout: 120_000 },
  () =>
    limited({ processes: 1 }, async (group) => {
      const first = group.start(["sleep", "60"]);
      assert.throws(() => group.start(["true"]), /limit on processes is reached/);
      assert.equal(group.mechanism, "cgroup");
      assert.equal(first.exitStatus, undefined);
      group.signal("SIGTERM");
      await first.wait();
      assert.equal((await group.start(["true"]).wait()).exitCode, 0);
    }),
);

test(
  "are what the kernel was told",
  { timeout: 120_000 },
  () =>
    limited({ memoryBytes: 100 * MB, cpuCores: 1.5, processes: 33 }, (group) => {
      const running = group.start(["sleep", "60"]);
      const directory = cgroupOf(running.pid);
      const file = (name: string) => readFileSync(`${directory}/${name}`, "utf8").trim();
      assert.equal(file("memory.max"), String(100 * MB));
      assert.equal(file("cpu.max"), "150000 100000");
      assert.equal(file("pids.max"), "33");
    }),
);

test(
  "bind all members together, what they have started included",
  { timeout: 120_000 },
  () =>
    limited({ memoryBytes: 64 * MB }, async (group) => {
      const script = '"$0" 40; "$0" 40; "$0" 40 60 & "$0" 40 60 & wait';
      const running = group.start(["sh", "-c", script, fixture("alloc_mb")], { stdout: "null" });
      while (group.stats().oomKillCount === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      // One after the other they fit: it took two at once.
      assert.ok(group.stats().totalProcessCount >= 4);
      await group.stop({ graceMs: 0 });
      assert.notEqual(running.exitStatus?.outcome, "oom_killed");
    }),
);

test(
  "a group without limits is not bound by another's",
  { timeout: 120_000 },
  () =>
    limited({ memoryBytes: 32 * MB, cpuCores: 0.1 }, async () => {
      await using free = await ProcessGroup.create();
      const { cpuSeconds } = await burned(free, 0.5);
      assert.ok(cpuSeconds >= 0.5);
      assert.equal(free.stats().cpuThrottledSeconds, 0);
    }),
);
