/* MonitorManager: what it tells of real processes. */
import assert from "node:assert/strict";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MonitorManager, ProcessGroup, profiles, taskMessageSchema } from "../../../mod.ts";
import type { ManagerOptions, MonitoringProfile, TaskMessage } from "../../../mod.ts";
import { METRIC_GROUPS } from "../../../core/measure/metrics.ts";
import type { MetricGroup, MetricName } from "../../../core/measure/metrics.ts";
import { assertNear, assertRefused } from "../../support/expect.ts";
import { fixture } from "../../support/fixture.ts";
import { RUNGS } from "../../group/support/rungs.ts";
import { talk } from "../../group/support/streams.ts";

const QUIET = { stdin: "null", stdout: "null" } as const;
const FAST: MonitoringProfile = { ...profiles.intensive, interval_ms: 50, max_interval_ms: 50 };

/** A manager, and the messages it has told. */
async function makeManager(options: ManagerOptions = {}) {
  const manager = await MonitorManager.create({ variables: {}, propletId: "here", ...options });
  const messages: TaskMessage[] = [];
  manager.onMetrics((message) => void messages.push(message));
  return { manager, messages, [Symbol.dispose]: () => manager[Symbol.dispose]() };
}

/** Opens a hundred files once SIGUSR1 comes, and stays. */
const OPENER = `
$| = 1;
$SIG{USR1} = sub {
  for (1 .. 100) { open my $file, '<', '/dev/null' or die; push @files, $file }
  print qq({"count":100}\\n);
};
print qq({"ready":true}\\n);
sleep 300 while 1;
`;

/** Wait until something holds, for half a minute at most. */
async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, `not within 30 s: ${what}`);
    await sleep(5);
  }
}

for (const { name, options, skip } of RUNGS) {
  describe(`a manager of groups on the rung ${name}`, () => {
    test(
      "gives a task of 50 ms one message, with its peak and its CPU",
      { skip, timeout: 120_000 },
      async () => {
        using told = await makeManager();
        await using group = await ProcessGroup.create(options);
        const running = group.start([fixture("burn_cpu"), "0.05"], QUIET);
        told.manager.start("short", group, "standard");
        await running.wait();
        await until(() => told.messages.length > 0, "a message");
        const [message] = told.messages;
        assert.deepEqual(taskMessageSchema.parse(message), message);
        assert.deepEqual([message.task_id, message.proplet_id, message.state], ["short", "here", "ended"]);
        const { metrics, aggregated } = message;
        assert.equal(metrics.cpu_seconds, group.stats().totalCpuTimeSeconds);
        assert.ok(metrics.cpu_seconds! >= 0.05 && metrics.cpu_seconds! < 0.5, `${metrics.cpu_seconds} s`);
        assert.ok(metrics.cpu_percent! > 0 && aggregated.avg_cpu_usage! > 0);
        assert.ok(aggregated.max_memory_usage! > 1e6, `${aggregated.max_memory_usage} bytes`);
        assert.ok(metrics.memory_bytes! > 1e6);
        assert.equal(aggregated.sample_count, 1);
        assert.equal(told.manager.get("short")?.state, "ended");
        await sleep(50);
        assert.equal(told.messages.length, 1);
      },
    );

    test(
      "does not take what was used before for use of the first interval",
      { skip, timeout: 120_000 },
      async () => {
        using told = await makeManager();
        await using group = await ProcessGroup.create(options);
        await using used = talk(group, ["sh", "-c", `'${fixture("burn_cpu")}' 0.6; sleep 60`]);
        const { cpu_seconds } = await used.next();
        told.manager.start("used", group, FAST);
        await until(() => told.messages.length >= 3, "three messages");
        const [{ metrics, aggregated }] = told.messages;
        // Once it has ended, the shell's account of it is all there is: user and system time, each in whole ticks of 10 ms.
        assert.ok(metrics.cpu_seconds! > cpu_seconds - 0.02, `${metrics.cpu_seconds} s of ${cpu_seconds} s`);
        assert.ok(metrics.cpu_percent! < 200, `${metrics.cpu_percent} %`);
        assert.ok(aggregated.max_cpu_usage! < 200, `${aggregated.max_cpu_usage} %`);
      },
    );

    test("reports 64 MiB within a tenth", { skip, timeout: 120_000 }, async () => {
      using told = await makeManager();
      await using group = await ProcessGroup.create(options);
      await using small = talk(group, [fixture("alloc_mb"), "0", "60"]);
      await small.next();
      told.manager.start("small", small.process, FAST);
      await using large = talk(group, [fixture("alloc_mb"), "64", "60"]);
      await large.next();
      told.manager.start("large", large.process, FAST);
      told.manager.start("both", group, FAST);
      const count = (id: string) => told.messages.filter(({ task_id }) => task_id === id).length;
      await until(() => ["small", "large", "both"].every((id) => count(id) >= 3), "three messages of each");
      const last = (id: string) => told.messages.findLast(({ task_id }) => task_id === id)!.metrics;
      const allocated = last("large").memory_bytes! - last("small").memory_bytes!;
      assertNear(allocated, 64 * 2 ** 20, 0.1, 0, "memory");
      assert.ok(last("both").memory_bytes! >= 0.9 * 64 * 2 ** 20);
      assert.equal(last("both").process_count, 2);
      assert.equal(last("large").process_count, 1);
    });

    test("sees a hundred descriptors more", { skip, timeout: 120_000 }, async () => {
      using told = await makeManager();
      await using group = await ProcessGroup.create(options);
      await using opener = talk(group, ["perl", "-e", OPENER]);
      await opener.next();
      told.manager.start("opener", group, FAST);
      // Of a process that has run since they were counted, they are not known.
      const counts = () => told.messages.flatMap(({ metrics }) => metrics.file_descriptor_count ?? []);
      await until(() => counts().length > 0, "a message");
      const before = counts()[0];
      assert.ok(before < 100, `${before} at first`);
      // Not before it was counted for the first time.
      process.kill(opener.process.pid, "SIGUSR1");
      assert.deepEqual(await opener.next(), { count: 100 });
      const seen = counts().length;
      await until(() => counts().at(-1) !== before && counts().length > seen, "another count");
      assert.equal(counts().at(-1), before + 100);
    });

    test("ends with the group, or with the last process in it", { skip, timeout: 120_000 }, async () => {
      using told = await makeManager();
      await using group = await ProcessGroup.create(options);
      told.manager.start("empty yet", group, FAST);
      await sleep(120);
      assert.equal(told.manager.get("empty yet")?.state, "running");
      group.start(["sleep", "300"], QUIET);
      await until(() => told.manager.get("empty yet")?.latest?.metrics.process_count === 1, "a process");
      await group.stop({ graceMs: 0 });
      await until(() => told.manager.get("empty yet")?.state === "ended", "the end");
      group.start(["sleep", "300"], QUIET);
      told.manager.start("closed", group, FAST);
      group[Symbol.dispose]();
      await until(() => told.manager.get("closed")?.state === "ended", "the end of the group");
      assert.deepEqual(
        told.messages.filter(({ state }) => state === "ended").map(({ task_id }) => task_id),
        ["empty yet", "closed"],
      );
    });
  });
}

describe("a manager", () => {
  test("tells of one process of a group to its end", { timeout: 120_000 }, async () => {
    using told = await makeManager();
    await using group = await ProcessGroup.create();
    const running = group.start([fixture("burn_cpu"), "0.3"], QUIET);
    group.start([fixture("burn_cpu"), "1"], QUIET);
    told.manager.start("one", running, FAST);
    await running.wait();
    await until(() => told.manager.get("one")?.state === "ended", "the end");
    const last = told.messages.at(-1)!;
    assert.equal(last.metrics.cpu_seconds, running.cpuTimeSeconds());
    assert.ok(last.metrics.cpu_seconds! >= 0.3 && last.metrics.cpu_seconds! < 0.9, "its own alone");
    assert.equal(last.aggregated.max_memory_usage, running.peakMemoryBytes());
    const cpu = told.messages.map(({ metrics }) => metrics.cpu_seconds!);
    assert.deepEqual(cpu, cpu.toSorted((a, b) => a - b));
  });

  test("tells of a process ID until the process has ended", { timeout: 120_000 }, async () => {
    using told = await makeManager();
    await using group = await ProcessGroup.create();
    const { pid } = group.start([fixture("burn_cpu"), "0.5"], QUIET);
    told.manager.start("pid", pid, FAST);
    await until(() => told.manager.get("pid")?.state === "ended", "the end");
    assert.ok(told.messages.length >= 3);
    assert.ok(told.messages.at(-1)!.metrics.cpu_seconds! > 0.2);
    assertRefused(() => told.manager.start("gone", pid), "usage", `there is no process ${pid}`);
  });

  test("asks a program for what it tells of itself once there is a task, and to its end", async () => {
    using told = await makeManager();
    const asked: string[] = [];
    const app = {
      begin: () => void asked.push("begin"),
      sample: () => ({}),
      close: () => void asked.push("close"),
    };
    assertRefused(() => told.manager.start("none", -1, FAST, undefined, app), "usage", "not a process ID");
    assert.deepEqual(asked, []);
    told.manager.start("own", process.pid, FAST, undefined, app);
    told.manager.stop("own");
    assert.deepEqual(asked, ["begin", "close"]);
  });

  test("stops with a last message, and forgets", { timeout: 120_000 }, async () => {
    using told = await makeManager();
    await using group = await ProcessGroup.create();
    group.start(["sleep", "300"], QUIET);
    told.manager.start("sleeper", group, "standard");
    assert.equal(told.manager.stop("sleeper"), true);
    assert.deepEqual(told.messages.map(({ state }) => state), ["stopped"]);
    assert.equal(told.manager.stop("sleeper"), false);
    assert.equal(told.manager.get("sleeper"), undefined);
    assertRefused(() => told.manager.history("sleeper"), "usage", 'no task called "sleeper"');
    assertRefused(() => told.manager.aggregated("sleeper"), "usage", "sleeper");
    assert.equal(group.stats().activeProcessCount, 1);
  });

  test("refuses a name in use, and what is no target or profile", { timeout: 120_000 }, async () => {
    using told = await makeManager();
    const { manager } = told;
    manager.start("me", process.pid, "minimal");
    assertRefused(() => manager.start("me", process.pid), "usage", '"me" is being watched');
    assertRefused(() => manager.start("", process.pid), "usage", "empty");
    assertRefused(() => manager.start("x", -1), "usage", "-1 is not a process ID");
    assertRefused(() => manager.start("x", {} as ProcessGroup), "usage", "ProcessGroup");
    assertRefused(() => manager.start("x", process.pid, "fancy" as "minimal"), "usage", "fancy", "intensive");
    const profile = (changes: Partial<MonitoringProfile>) => ({ ...profiles.standard, ...changes });
    assertRefused(() => manager.start("x", process.pid, profile({ interval_ms: 0 })), "usage", "interval_ms");
    assertRefused(
      () => manager.start("x", process.pid, profile({ history_size: -1 })),
      "usage",
      "history_size",
    );
    assert.deepEqual(manager.list().map(({ taskId, state }) => [taskId, state]), [["me", "running"]]);
  });

  test("takes its default profile from the environment", { timeout: 120_000 }, async () => {
    const variables = { PROCTOR_METRICS_INTERVAL: "30ms" };
    using told = await makeManager({ variables });
    told.manager.start("me", process.pid);
    assert.equal(told.manager.get("me")?.profile.interval_ms, 30);
    await until(() => told.messages.length >= 2, "two messages");
    using off = await makeManager({ variables: { PROPLET_ENABLE_MONITORING: "false" } });
    off.manager.start("me", process.pid);
    assert.equal(off.manager.get("me")?.profile.enabled, false);
  });

  test("remembers the newest of those that have ended", { timeout: 120_000 }, async () => {
    using told = await makeManager({ keepEnded: 2 });
    await using group = await ProcessGroup.create();
    for (const id of ["a", "b", "c"]) {
      const running = group.start(["true"], QUIET);
      told.manager.start(id, running, "standard");
      await until(() => told.manager.get(id)?.state === "ended", "the end");
    }
    assert.deepEqual(told.manager.list().map(({ taskId }) => taskId), ["b", "c"]);
    assert.equal(told.manager.history("c").length, 1);
  });
});

describe("a profile decides", () => {
  const ALWAYS = ["uptime_seconds", "timestamp", "process_count"];
  const AGGREGATES: Partial<Record<MetricName, string[]>> = {
    cpu_percent: ["avg_cpu_usage", "max_cpu_usage"],
    memory_bytes: ["avg_memory_usage", "max_memory_usage"],
    disk_read_bytes: ["total_disk_read"],
    disk_write_bytes: ["total_disk_write"],
    network_rx_bytes: ["total_network_rx"],
    network_tx_bytes: ["total_network_tx"],
  };
  // Of GPUs no profile tells that was not asked to.
  const ALL = (Object.keys(METRIC_GROUPS) as MetricGroup[]).filter((group) => group !== "gpu");

  async function assertProfile(
    name: keyof typeof profiles,
    groups: readonly MetricGroup[],
    exported: boolean,
    history: number,
  ) {
    using told = await makeManager();
    const { manager, messages } = told;
    // At its own interval it would take minutes: all else is as it is.
    const profile = { ...profiles[name], interval_ms: 10, max_interval_ms: 10 };
    manager.start("task", process.pid, profile);
    await until(() => manager.aggregated("task").sample_count >= 5, "five samples");
    const metrics = groups.flatMap((group): MetricName[] => [...METRIC_GROUPS[group]]);
    const expected = [...ALWAYS, ...metrics].sort();
    const { latest, sampleCount } = manager.get("task")!;
    assert.deepEqual(Object.keys(latest!.metrics).sort(), expected);
    assert.deepEqual(
      Object.keys(latest!.aggregated).sort(),
      [...metrics.flatMap((metric) => AGGREGATES[metric] ?? []), "sample_count"].sort(),
    );
    assert.equal(messages.length, exported ? sampleCount : 0);
    const kept = manager.history("task");
    assert.equal(kept.length, Math.min(history, sampleCount));
    for (const sample of kept) assert.deepEqual(Object.keys(sample).sort(), expected);
    if (history > 0) assert.deepEqual(kept.at(-1), latest!.metrics);
  }

  test(
    "standard: everything, a hundred",
    { timeout: 120_000 },
    () => assertProfile("standard", ALL, true, 100),
  );
  test(
    "minimal: CPU and memory, neither exported nor kept",
    { timeout: 120_000 },
    () => assertProfile("minimal", ["cpu", "memory"], false, 0),
  );
  test(
    "intensive: everything, a thousand",
    { timeout: 120_000 },
    () => assertProfile("intensive", ALL, true, 1_000),
  );
  test(
    "batch processing: CPU, memory and disk",
    { timeout: 120_000 },
    () => assertProfile("batch_processing", ["cpu", "memory", "disk"], true, 200),
  );
  test("real-time API: all but the disk", { timeout: 120_000 }, () =>
    assertProfile(
      "realtime_api",
      ["cpu", "memory", "network", "threads", "file_descriptors"],
      true,
      500,
    ));
  test(
    "long-running daemon: everything, five hundred",
    { timeout: 120_000 },
    () => assertProfile("long_running_daemon", ALL, true, 500),
  );

  test("disabled: nothing at all, not even at the end", { timeout: 120_000 }, async () => {
    using told = await makeManager();
    await using group = await ProcessGroup.create();
    const running = group.start(["true"], QUIET);
    told.manager.start("off", running, "disabled");
    await until(() => told.manager.get("off")?.state === "ended", "the end");
    assert.deepEqual(told.messages, []);
    assert.deepEqual(told.manager.history("off"), []);
    assert.deepEqual(told.manager.aggregated("off"), { sample_count: 0 });
    assert.equal(told.manager.get("off")?.latest, null);
  });

  test(
    "whether it is exported and whether it is kept, apart from each other",
    { timeout: 120_000 },
    async () => {
      using told = await makeManager();
      const { manager, messages } = told;
      manager.start("kept", process.pid, {
        ...FAST,
        interval_ms: 10,
        export_to_mqtt: false,
        history_size: 3,
      });
      manager.start("told", process.pid, { ...FAST, interval_ms: 10, retain_history: false });
      const count = (id: string) => manager.aggregated(id).sample_count;
      await until(() => count("kept") >= 5 && count("told") >= 5, "five samples");
      assert.equal(manager.history("kept").length, 3);
      assert.equal(manager.history("told").length, 0);
      assert.deepEqual(new Set(messages.map(({ task_id }) => task_id)), new Set(["told"]));
    },
  );

  test("otherwise, when it is changed on the way", { timeout: 120_000 }, async () => {
    using told = await makeManager();
    const { manager, messages } = told;
    manager.start("task", process.pid, { ...profiles.minimal, history_size: 9, retain_history: true });
    manager.updateProfile("task", { ...FAST, interval_ms: 10, history_size: 4 });
    await until(() => messages.length >= 6, "six messages");
    assert.equal(manager.history("task").length, 4);
    assert.equal(typeof messages[0].metrics.thread_count, "number");
    manager.updateProfile("task", { ...profiles.minimal, interval_ms: 10, export_to_mqtt: true });
    const before = messages.length;
    await until(() => messages.length > before, "another message");
    assert.ok(!("thread_count" in messages.at(-1)!.metrics));
    assert.ok(messages.at(-1)!.aggregated.sample_count > 6, "over the whole time");
    manager.updateProfile("task", "disabled");
    const after = messages.length;
    await sleep(60);
    assert.equal(messages.length, after);
    assertRefused(() => manager.updateProfile("nobody", "minimal"), "usage", "nobody");
  });
});

describe("a callback", () => {
  test("that throws is told of once, counted, and disturbs nobody", { timeout: 120_000 }, async () => {
    const notices: string[] = [];
    using told = await makeManager({ onNotice: (line) => void notices.push(line) });
    const { manager, messages } = told;
    const failing = manager.onMetrics(() => {
      throw new Error("no thanks");
    });
    const rejecting = manager.onMetrics(() => Promise.reject(new Error("later, no")));
    manager.start("a", process.pid, { ...FAST, interval_ms: 10 });
    manager.start("b", process.pid, { ...FAST, interval_ms: 10 });
    const count = (id: string) => messages.filter(({ task_id }) => task_id === id).length;
    await until(() => count("a") >= 4 && count("b") >= 4, "four messages of each");
    assert.equal(notices.length, 2);
    assert.match(notices.join("\n"), /no thanks[^]*later, no|later, no[^]*no thanks/);
    assert.equal(failing.failedCallbackCount, messages.length);
    assert.ok(rejecting.failedCallbackCount >= 6);
    failing.cancel();
    const before = failing.failedCallbackCount;
    const seen = messages.length;
    await until(() => messages.length > seen, "another message");
    assert.equal(failing.failedCallbackCount, before);
  });

  test(
    "that takes its time has one message of a task in flight, and gets the last",
    { timeout: 120_000 },
    async () => {
      using told = await makeManager();
      const { manager, messages } = told;
      const got: TaskMessage[] = [];
      let release = () => {};
      const slow = manager.onMetrics((message) => {
        got.push(message);
        return new Promise<void>((resolve) => release = resolve);
      });
      manager.start("task", process.pid, { ...FAST, interval_ms: 10 });
      await until(() => messages.length >= 5, "five messages");
      assert.equal(got.length, 1);
      assert.equal(slow.skippedMessageCount, messages.length - 1);
      manager.stop("task");
      assert.equal(got.length, 1);
      release();
      await until(() => got.length === 2, "the last message");
      assert.equal(got[1].state, "stopped");
      release();
    },
  );

  test(
    "that blocks makes ticks late: they are skipped and counted, not made up",
    { timeout: 120_000 },
    async () => {
      using told = await makeManager();
      const { manager, messages } = told;
      manager.start("task", process.pid, { ...FAST, interval_ms: 20 });
      await until(() => messages.length >= 2, "two messages");
      const before = messages.length;
      const end = performance.now() + 300;
      while (performance.now() < end);
      await until(() => messages.length > before, "another message");
      const { missedTickCount } = manager.get("task")!;
      assert.ok(missedTickCount >= 10, `${missedTickCount} missed`);
      assert.ok(messages.length <= before + 3, `${messages.length - before} messages in a row`);
    },
  );
});

describe("targets that stand still", () => {
  const COUNT = 100;

  test(
    "are told in lines that say what messages say, for those who only write them",
    { timeout: 120_000 },
    async () => {
      using manager = await MonitorManager.create({ variables: {}, propletId: "here" });
      const told = new Map<string, { message: TaskMessage; text: string; isLine: boolean }[]>();
      const note = (message: TaskMessage, text: string, isLine: boolean) => {
        const { task_id: id } = message;
        if (!told.has(id)) told.set(id, []);
        told.get(id)!.push({ message, text, isLine });
        // What is asked for is the same.
        assert.deepEqual(manager.get(id)!.latest, message);
      };
      let isEnough = true;
      const decoder = new TextDecoder();
      manager.onMetrics((message) => note(message, `${JSON.stringify(message)}\n`, false), {
        isEnough: () => isEnough,
        take: (bytes) => note(JSON.parse(decoder.decode(bytes)), decoder.decode(bytes), true),
        begin: () => {},
        end: () => {},
      });
      await using group = await ProcessGroup.create();
      const { pid } = group.start(["sleep", "1000"], QUIET);
      const profile = { ...FAST, retain_history: false };
      // Only where many are due at once it is asked of all of them together which stand still.
      for (let number = 0; number < COUNT; number++) manager.start(`sleeper ${number}`, pid, profile);
      const lines = () => [...told.values()].map((all) => all.filter(({ isLine }) => isLine).length);
      await until(() => {
        // Whoever holds up the thread for longer than their interval has all of them due at once.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * FAST.interval_ms!);
        return told.size === COUNT && Math.min(...lines()) >= 5;
      }, "five lines of each");
      isEnough = false;
      await sleep(150);
      const count = lines().reduce((sum, one) => sum + one, 0);
      await sleep(150);
      assert.equal(lines().reduce((sum, one) => sum + one, 0), count, "messages, once a line is not enough");
      for (const all of told.values()) {
        all.forEach(({ message, text, isLine }, index) => {
          assert.deepEqual(taskMessageSchema.parse(message), message);
          assert.equal(text, `${JSON.stringify(message)}\n`, "numbers and order are those of JSON.stringify");
          assert.equal(message.aggregated.sample_count, index + 1);
          if (!isLine) return;
          const before = all[index - 1].message;
          const moving = {
            timestamp: message.timestamp,
            metrics: {
              ...before.metrics,
              timestamp: message.timestamp,
              uptime_seconds: message.metrics.uptime_seconds,
            },
            aggregated: {
              ...before.aggregated,
              avg_cpu_usage: message.aggregated.avg_cpu_usage,
              avg_memory_usage: message.aggregated.avg_memory_usage,
              sample_count: index + 1,
            },
          };
          assert.equal(text, `${JSON.stringify({ ...before, ...moving })}\n`);
          assert.equal(message.metrics.cpu_percent, 0);
          assert.ok(message.metrics.uptime_seconds! > before.metrics.uptime_seconds!);
          assert.ok(message.timestamp >= before.timestamp);
        });
      }
    },
  );
});

describe("five hundred targets at a second", () => {
  test("are looked at once a second each, evenly, on one timer", { timeout: 120_000 }, async () => {
    using told = await makeManager();
    const { manager, messages } = told;
    await using group = await ProcessGroup.create();
    const running = Array.from({ length: 500 }, () => group.start(["sleep", "300"], QUIET));
    running.forEach((each) => manager.start(`task ${each.pid}`, each, "intensive"));
    const status = () => manager.list();
    await until(() => status().every(({ sampleCount }) => sampleCount >= 3), "three samples of each");
    const perTask = new Map<string, TaskMessage[]>();
    for (const message of messages) {
      perTask.set(message.task_id, [...perTask.get(message.task_id) ?? [], message]);
    }
    assert.equal(perTask.size, 500);
    for (const each of perTask.values()) {
      assert.ok(each.every(({ metrics }) => metrics.memory_bytes! > 1e5 && metrics.thread_count === 1));
    }
    const perTenth = (round: number) => {
      const counts = new Array<number>(10).fill(0);
      for (const each of perTask.values()) {
        counts[Math.floor(Date.parse(each[round].metrics.timestamp) % 1_000 / 100)]++;
      }
      return counts;
    };
    const rounds = [perTenth(1), perTenth(2)];
    // Evenly would be fifty in each tenth of a second; a machine that is busy elsewhere may shift some, and one that
    // stands still for a moment all of one round.
    const most = rounds.map((counts) => Math.max(...counts));
    assert.ok(Math.min(...most) < 400, rounds.map((counts) => counts.join(" ")).join(" | "));
  });
});
