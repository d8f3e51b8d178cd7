/* Groups on a hybrid host: cgroup v2 holds them together, cgroup v1 limits them; the truth is in the kernel's files. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../mod.ts";
import type { GroupOptions, SavedGroup } from "../../mod.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { inV1, noV1, ownV1, pidMax, v1DirectoriesOf, v1File, v1Of, v1Value, withV1 } from "../support/v1.ts";
import { ownerCommand, startOwner } from "./support/owner.ts";
import { cgroupsOf, guards, holders, living, until } from "./support/traces.ts";

const MB = 1_048_576;
const CASE = { skip: noV1, timeout: 120_000 };
const CONTROLLERS = ["memory", "cpu", "pids"] as const;
let words = 0;

/** A group for as long as `use` runs; afterwards nothing of it may be left in any hierarchy. */
async function withGroup<T>(options: GroupOptions, use: (group: ProcessGroup) => Promise<T> | T): Promise<T> {
  const before = cgroupsOf(process.pid);
  try {
    await using group = await ProcessGroup.create(options);
    assert.equal(group.mechanism, "cgroup", group.mechanismReason ?? "");
    return await use(group);
  } finally {
    assert.deepEqual(cgroupsOf(process.pid), before);
  }
}

describe("a limit on memory", () => {
  test(
    "kills what asks for more, and tells",
    CASE,
    () =>
      withGroup({ limits: { memoryBytes: 64 * MB } }, async (group) => {
        const shell = group.start(["sleep", "60"]);
        const running = group.start([fixture("alloc_mb"), "200"], { stdout: "null" });
        const status = await running.wait();
        assert.deepEqual(status, { outcome: "oom_killed", exitCode: null, signal: "SIGKILL" });
        const stats = group.stats();
        const { pid } = shell;
        assert.equal(stats.oomKillCount, v1Value(pid, "memory", "memory.oom_control", "oom_kill"));
        assert.equal(stats.oomKillCount, 1);
        assert.equal(stats.memoryLimitHitCount, Number(v1File(pid, "memory", "memory.failcnt")));
        assert.ok(stats.memoryLimitHitCount! > 0);
        assert.equal(stats.peakMemoryBytes, Number(v1File(pid, "memory", "memory.max_usage_in_bytes")));
        assertNear(stats.peakMemoryBytes!, 64 * MB, 0.02, 0, "the peak");
      }),
  );

  test(
    "leaves alone what stays below it",
    CASE,
    () =>
      withGroup({ limits: { memoryBytes: 64 * MB } }, async (group) => {
        const running = group.start([fixture("alloc_mb"), "20"], { stdout: "null" });
        assert.deepEqual(await running.wait(), { outcome: "exited", exitCode: 0, signal: null });
        assert.equal(group.stats().oomKillCount, 0);
      }),
  );

  test(
    "is not what an end by SIGKILL comes from",
    CASE,
    () =>
      withGroup({ limits: { memoryBytes: 64 * MB } }, async (group) => {
        const running = group.start(["sleep", "60"]);
        group.signal("SIGKILL");
        assert.equal((await running.wait()).outcome, "signaled");
      }),
  );

  test(
    "binds all members together",
    CASE,
    () =>
      withGroup({ limits: { memoryBytes: 64 * MB } }, async (group) => {
        // One after the other they stay below it; not every short one is seen by a look.
        const alone = group.start(["sh", "-c", '"$0" 40 && "$0" 40', fixture("alloc_mb")], {
          stdout: "null",
        });
        assert.equal((await alone.wait()).exitCode, 0);
        assert.equal(group.stats().oomKillCount, 0);
        const script = '"$0" 40 60 & "$0" 40 60 & wait';
        group.start(["sh", "-c", script, fixture("alloc_mb")], { stdout: "null" });
        await until(() => group.stats().oomKillCount! > 0, "two at once are too many");
        await group.stop({ graceMs: 0 });
      }),
  );
});

test(
  "a limit on CPU gives a share, and lets wait for more",
  CASE,
  () =>
    withGroup({ limits: { cpuCores: 0.1 } }, async (group) => {
      const started = performance.now();
      const other = group.start(["sleep", "60"]);
      await group.start([fixture("burn_cpu"), "0.4"], { stdout: "null" }).wait();
      const wall = (performance.now() - started) / 1_000;
      const { totalCpuTimeSeconds, cpuThrottledSeconds } = group.stats();
      assert.ok(totalCpuTimeSeconds! <= wall * 0.1 + 0.1, `${totalCpuTimeSeconds} s in ${wall} s`);
      assert.ok(v1Value(other.pid, "cpu", "cpu.stat", "nr_throttled") > 0);
      const nanoseconds = v1Value(other.pid, "cpu", "cpu.stat", "throttled_time");
      assertNear(cpuThrottledSeconds!, nanoseconds / 1e9, 0.01, 0.01, "what it waited");
      assert.ok(
        cpuThrottledSeconds! > 0 && cpuThrottledSeconds! < wall,
        `${cpuThrottledSeconds} s in ${wall} s`,
      );
    }),
);

describe("a limit on processes", () => {
  test("lets a fork beyond it fail", CASE, () =>
    withGroup({ limits: { processes: 5 } }, async (group) => {
      const script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 60 >/dev/null 2>&1 & done; wait";
      const output = await group.output(["sh", "-c", script]);
      assert.match(Buffer.from(output.stderr).toString(), /fork/i);
      const stats = group.stats();
      const [directory] = v1DirectoriesOf(process.pid);
      const events = readFileSync(join(directory, "pids.events"), "utf8");
      assert.equal(stats.processLimitHitCount, Number(/^max (\d+)$/m.exec(events)![1]));
      assert.ok(stats.processLimitHitCount! > 0);
      assert.ok(stats.activeProcessCount <= 5, `${stats.activeProcessCount}`);
      await group.stop({ graceMs: 0 });
    }));

  test(
    "refuses a start beyond it, and the group goes on",
    CASE,
    () =>
      withGroup({ limits: { processes: 1 } }, async (group) => {
        const first = group.start(["sleep", "60"]);
        assert.throws(() => group.start(["true"]), /limit on processes is reached/);
        assert.equal(v1File(first.pid, "pids", "pids.peak"), "1");
        group.signal("SIGTERM");
        await first.wait();
        assert.equal((await group.start(["true"]).wait()).exitCode, 0);
      }),
  );
});

test(
  "the kernel was told what the limits say",
  CASE,
  () =>
    withGroup({ limits: { memoryBytes: 100 * MB, cpuCores: 1.5, processes: 33 } }, (group) => {
      const { pid } = group.start(["sleep", "60"]);
      assert.equal(v1File(pid, "memory", "memory.limit_in_bytes"), String(100 * MB));
      assert.equal(v1File(pid, "cpu", "cpu.cfs_quota_us"), "150000");
      assert.equal(v1File(pid, "cpu", "cpu.cfs_period_us"), "100000");
      assert.equal(v1File(pid, "pids", "pids.max"), "33");
      const swap = join(v1Of(pid, "memory"), "memory.memsw.limit_in_bytes");
      if (existsSync(swap)) assertNear(Number(readFileSync(swap, "utf8")), 100 * MB, 0.01, 0, "with swap");
    }),
);

test(
  "a command is in every group from its first instruction, below where we are, and in no other",
  CASE,
  () =>
    withGroup({ limits: { memoryBytes: 100 * MB, processes: 33 } }, async (group) => {
      const { stdout } = await group.output(["cat", "/proc/self/cgroup"]);
      const paths = new Map(
        Buffer.from(stdout).toString().trim().split("\n").map((line) =>
          line.split(":").slice(1) as [string, string]
        ),
      );
      const ours = new Map(
        readFileSync("/proc/self/cgroup", "utf8").trim().split("\n").map((line) =>
          line.split(":").slice(1) as [string, string]
        ),
      );
      const joined = [...paths].filter(([name, path]) => path !== ours.get(name)).map(([name]) => name)
        .sort();
      assert.deepEqual(joined, ["", "memory", "pids"]);
      for (const name of joined) {
        const own = ours.get(name)!.replace(/\/$/, "");
        assert.match(paths.get(name)!.slice(own.length), new RegExp(`^/proctor-${process.pid}-\\d+$`));
      }
    }),
);

test("none is joined unless it is asked for", CASE, () =>
  withGroup({}, (group) => {
    group.start(["sleep", "60"]);
    assert.deepEqual(v1DirectoriesOf(process.pid), []);
    assert.equal(group.stats().oomKillCount, null);
  }));

describe("an exact peak", () => {
  test(
    "is seen of 300 MB that are there for 20 ms",
    CASE,
    () =>
      withGroup({ exactPeak: true }, async (group) => {
        const holder = group.start(["sleep", "60"]);
        await group.start([fixture("alloc_mb"), "300", "0.02"], { stdout: "null" }).wait();
        const { peakMemoryBytes, memoryBytes, oomKillCount } = group.stats();
        assertNear(peakMemoryBytes!, 300 * MB, 0.02, 0, "the peak");
        assert.equal(peakMemoryBytes, Number(v1File(holder.pid, "memory", "memory.max_usage_in_bytes")));
        assertNear(
          memoryBytes!,
          Number(v1File(holder.pid, "memory", "memory.usage_in_bytes")),
          0.1,
          MB,
          "now",
        );
        assert.equal(oomKillCount, 0);
      }),
  );

  test(
    "is that of all together, not the sum of each one's own",
    CASE,
    () =>
      withGroup({ exactPeak: true }, async (group) => {
        const script = '"$0" 60; "$0" 60; "$0" 60';
        await group.start(["sh", "-c", script, fixture("alloc_mb")], { stdout: "null" }).wait();
        assertNear(group.stats().peakMemoryBytes!, 62 * MB, 0.1, 0, "one after the other");
      }),
  );

  test("is refused on a rung that cannot have it", CASE, () =>
    assert.rejects(
      () => ProcessGroup.create({ exactPeak: true, mechanism: "subreaper" }),
      /^ProctorError: an exact peak of memory cannot be had: a cgroup was not asked for; for one, /,
    ));
});

describe("nothing is left in any hierarchy", () => {
  test("after kill -9 of the owner", CASE, async () => {
    const word = `proctor-v1-${process.pid}-${++words}`;
    const script = "perl -e 'sleep 300' $0 & (setsid perl -e 'sleep 300' $0 &) ; echo ready; wait; :";
    const owner = startOwner("cgroup_v1", "run", word, script);
    await owner.talks;
    await until(() => v1DirectoriesOf(owner.pid).length === 3, "the directories are there");
    await until(() => guards(owner.pid).length === 1, "the guard has its name");
    owner.child.kill("SIGKILL");
    await owner.ended;
    await until(() => living(holders(word)).length === 0, "the members are gone");
    await until(() => cgroupsOf(owner.pid).length === 0, "the cgroups are gone");
    await until(() => guards(owner.pid).length === 0, "the guard is gone");
  });

  test("of an owner that was killed while it made and ended groups", CASE, async () => {
    for (let round = 0; round < 5; round++) {
      const word = `proctor-v1-${process.pid}-${++words}`;
      const owner = startOwner("cgroup_v1", "churn", word);
      await owner.talks;
      await new Promise((resolve) => setTimeout(resolve, 50 + 37 * round));
      owner.child.kill("SIGKILL");
      await owner.ended;
      await until(() => living(holders(word)).length === 0, "the members are gone");
      // A guard without its name yet is none that is counted.
      await until(() => cgroupsOf(owner.pid).length === 0, "the cgroups are gone");
      await until(() => guards(owner.pid).length === 0, "the guards are gone");
    }
  });

  test("of a proctor that is gone, and its guard, too", CASE, async () => {
    // A PID that nobody can have, and no other test has thought of. Any other proctor may tidy up before ours does.
    const name = `proctor-${pidMax() + process.pid}-7`;
    const left = CONTROLLERS.map((controller) => join(ownV1(controller), name));
    left.forEach((directory) => mkdirSync(directory));
    mkdirSync(join(left[0], "below"), { recursive: true });
    await withGroup({ limits: { memoryBytes: 64 * MB, cpuCores: 1, processes: 9 } }, () => {});
    assert.deepEqual(left.filter((directory) => existsSync(directory)), []);
  });
});

/** Expect the peak of a group, whose members may be growing still, to be that of a directory. */
function assertPeak(group: ProcessGroup, directory: string): void {
  const peak = () => Number(readFileSync(join(directory, "memory.max_usage_in_bytes"), "utf8"));
  const before = peak();
  const { peakMemoryBytes } = group.stats();
  assert.ok(
    peakMemoryBytes! >= before && peakMemoryBytes! <= peak(),
    `${before} … ${peakMemoryBytes} … ${peak()}`,
  );
}

describe("a group that was kept", () => {
  test("is adopted with its limits and its peak", CASE, async () => {
    const word = `proctor-v1-${process.pid}-${++words}`;
    const owner = startOwner("cgroup_v1", "keep", word, "exit");
    const saved: SavedGroup = JSON.parse((await owner.ended).stdout.trim().split("\n")[0]);
    {
      await using group = await ProcessGroup.adopt(saved);
      const [{ pid }] = saved.processes;
      assertPeak(group, v1Of(pid, "memory"));
      assert.equal(group.stats().oomKillCount, 0);
      const late = group.start(["sleep", "60"]);
      for (const controller of CONTROLLERS) assert.equal(v1Of(late.pid, controller), v1Of(pid, controller));
    }
    assert.deepEqual(cgroupsOf(owner.pid), []);
  });

  test("is found where its members are, though that is not below us", CASE, async () => {
    await withV1("memory", {}, async (place) => {
      const word = `proctor-v1-${process.pid}-${++words}`;
      const [command, ...args] = inV1(place, ownerCommand("cgroup_v1", "keep", word, "exit"));
      // What it leaves running holds on to its standard error.
      const { stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      const saved: SavedGroup = JSON.parse(stdout.trim().split("\n")[0]);
      const [{ pid }] = saved.processes;
      const directory = v1Of(pid, "memory");
      assert.ok(directory.startsWith(`${place}/`), directory);
      {
        await using group = await ProcessGroup.adopt(saved);
        assertPeak(group, directory);
      }
      assert.equal(existsSync(directory), false);
    });
  });
});
