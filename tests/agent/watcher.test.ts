/* Targets are followed as their processes come and go. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { loadPatterns } from "../../monitor/discovery/linear_pattern.ts";
import { MonitorManager, profiles } from "../../mod.ts";
import type { MonitoringProfile, TaskMessage } from "../../mod.ts";
import { taskMessageSchema } from "../../core/schema/task_message.ts";
import type { WatchTarget } from "../../agent/watch_target.ts";
import { Watcher } from "../../agent/watcher.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { startFixture } from "../support/live.ts";

const FAST: MonitoringProfile = { ...profiles.intensive, interval_ms: 50, max_interval_ms: 50 };
let count = 0;
const uniqueName = () => `w${process.pid}-${count++}`;

function targetOf(id: string, query: WatchTarget["query"], more: Partial<WatchTarget> = {}): WatchTarget {
  return {
    id,
    query,
    profile: FAST,
    tree: true,
    network: false,
    processes: false,
    follow: "each",
    taskId: "{target}-{pid}",
    ...more,
  };
}

/** A watcher with a manager of its own, and what both have told. */
async function watch(...targets: WatchTarget[]) {
  const manager = await MonitorManager.create({ variables: {}, propletId: "here" });
  const messages: TaskMessage[] = [];
  const notices: string[] = [];
  manager.onMetrics((message) => void messages.push(message));
  const begun: string[] = [];
  await loadPatterns();
  const watcher = new Watcher(manager, (await loadPlatform()).lookUp(), targets, {
    host: "box",
    onNotice: (line) => notices.push(line),
    onTask: ({ taskId }) => begun.push(taskId),
  });
  const running = () => manager.list().filter(({ state }) => state === "running").map(({ taskId }) => taskId);
  return {
    manager,
    watcher,
    messages,
    notices,
    begun,
    running,
    [Symbol.dispose]: () => manager[Symbol.dispose](),
  };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, `not within 30 s: ${what}`);
    await sleep(5);
  }
}

describe("a watcher", () => {
  test("makes a task of each process, and of what comes later", async () => {
    const name = uniqueName();
    using told = await watch(targetOf("web", { name }, { taskId: "{host}/{target}/{name}/{pid}" }));
    told.watcher.look();
    told.watcher.look();
    assert.deepEqual([told.running(), told.watcher.isOver], [[], false]);
    assert.deepEqual(told.notices, ["web: no process matches at the moment; it is waited for"], "once");
    await using one = await startFixture("odd_name", name);
    told.watcher.look();
    await using two = await startFixture("odd_name", name);
    told.watcher.look();
    told.watcher.look();
    const ids = [one, two].map(({ pid }) => `box/web/${name}/${pid}`);
    assert.deepEqual(told.running(), ids);
    assert.deepEqual(told.begun, ids);
    await until(() => ids.every((id) => told.messages.some(({ task_id }) => task_id === id)), "messages");
    const message = told.messages.find(({ task_id }) => task_id === ids[0])!;
    assert.deepEqual(taskMessageSchema.parse(message), message);
    const { start_time, ...rest } = message.process!;
    assert.deepEqual(rest, { target: "web", pid: one.pid, name, restart_count: 0 });
    assert.ok(Math.abs(Date.now() - Date.parse(start_time)) < 60_000);
    await one.release();
    await until(() => told.running().length === 1, "the end of one");
    assert.equal(told.messages.findLast(({ task_id }) => task_id === ids[0])!.state, "ended");
  });

  test("goes on under one name when a PID file names another process", async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-watcher-"));
    try {
      const pidFile = join(directory, "service.pid");
      using told = await watch(targetOf("service", { pidFile }, { follow: "one", taskId: "{target}" }));
      for (const restart of [0, 1, 2]) {
        await using service = await startFixture("odd_name", "service");
        writeFileSync(pidFile, `${service.pid}\n`);
        told.watcher.look();
        const seen = told.messages.length;
        await until(() => told.messages.length > seen + 1, "two messages");
        const { process: told_of, aggregated, task_id } = told.messages.at(-1)!;
        assert.deepEqual([task_id, told_of!.pid, told_of!.restart_count], ["service", service.pid, restart]);
        assert.ok(aggregated.sample_count < 100);
        const before = told.messages.findIndex(({ process }) => process!.pid === service.pid);
        assert.equal(told.messages[before].aggregated.sample_count, 1, "begins anew");
        await service.release();
        await until(() => told.messages.at(-1)!.state === "ended", "its end");
        assert.equal(told.watcher.isOver, false);
      }
      assert.deepEqual(told.messages.filter(({ state }) => state === "ended").length, 3);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("lets go of a process that is not meant any more", async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-watcher-"));
    try {
      const pidFile = join(directory, "service.pid");
      await using one = await startFixture("odd_name", "one");
      await using two = await startFixture("odd_name", "two");
      writeFileSync(pidFile, `${one.pid}`);
      using told = await watch(targetOf("service", { pidFile }, { follow: "one", taskId: "{target}" }));
      told.watcher.look();
      writeFileSync(pidFile, `${two.pid}`);
      told.watcher.look();
      assert.equal(told.messages.at(-1)!.state, "stopped");
      await until(() => told.messages.at(-1)!.process!.pid === two.pid, "the other");
      rmSync(pidFile);
      told.watcher.look();
      assert.deepEqual(told.running(), []);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("takes a tree for one task, or its processes each for itself", async () => {
    await using tree = await startFixture("fork_tree", "1", "3", "-");
    const commandLine = new RegExp(`fork_tree 1 3 -$`);
    const only = { commandLine, cgroup: "/" };
    using told = await watch(
      targetOf("tree", only),
      targetOf("alone", only, { tree: false }),
    );
    told.watcher.look();
    const [trees, alone] = ["tree-", "alone-"].map((prefix) =>
      told.running().filter((id) =>
        id.startsWith(prefix) && tree.ready.pids.includes(Number(id.split("-")[1]))
      )
    );
    assert.deepEqual(trees, [`tree-${tree.pid}`]);
    assert.equal(alone.length, 4);
    const last = (id: string) => told.messages.findLast(({ task_id }) => task_id === id)?.metrics;
    await until(() => [...trees, ...alone].every((id) => last(id) !== undefined), "messages");
    assert.equal(last(trees[0])!.process_count, 4);
    for (const id of alone) assert.deepEqual([last(id)!.process_count, last(id)!.thread_count], [1, 1]);
    await tree.release();
    await until(() => ![...trees, ...alone].some((id) => told.running().includes(id)), "their ends");
  });

  test("bills a process alone from now on, and without its children", async () => {
    await using live = await startFixture("busy_processes", "2", "-");
    using told = await watch(
      targetOf("parent", { pid: live.pid }, { tree: false, follow: "one", taskId: "parent" }),
    );
    told.watcher.look();
    await until(() => told.messages.length >= 5, "messages");
    const { metrics, aggregated } = told.messages.at(-1)!;
    assert.ok(metrics.cpu_seconds! < 0.02, `${metrics.cpu_seconds} s of the parent, who waits`);
    assert.ok(metrics.memory_bytes! > 1e6 && aggregated.max_memory_usage! >= metrics.memory_bytes!);
    await live.release();
    await until(() => told.messages.at(-1)!.state === "ended", "its end");
    told.watcher.look();
    assert.ok(told.watcher.isOver, "a process ID is over with its process");
  });

  test("watches the oldest of several when it follows one, and says so once", async () => {
    const name = uniqueName();
    await using one = await startFixture("odd_name", name);
    await using _two = await startFixture("odd_name", name);
    using told = await watch(targetOf("only", { name }, { follow: "one", taskId: "{target}" }));
    for (let looks = 0; looks < 3; looks++) told.watcher.look();
    assert.deepEqual(told.running(), ["only"]);
    assert.equal(told.manager.get("only")!.latest, null);
    assert.deepEqual(told.notices, [`only: 2 processes match; ${one.pid} is watched`]);
  });

  test("tells of a task that another target has already", async () => {
    const name = uniqueName();
    await using live = await startFixture("odd_name", name);
    using told = await watch(
      targetOf("a", { name }, { taskId: "task-{pid}" }),
      targetOf("b", { name }, { taskId: "task-{pid}" }),
    );
    told.watcher.look();
    told.watcher.look();
    assert.deepEqual(told.running(), [`task-${live.pid}`]);
    assert.equal(told.notices.length, 1);
    assert.match(told.notices[0], /^b: process \d+ is not watched: there is a task "task-\d+" already/);
  });

  test("changes no more than what has changed", async () => {
    const names = [uniqueName(), uniqueName(), uniqueName()];
    const lives = [];
    for (const name of names) lives.push(await startFixture("odd_name", name));
    try {
      const targets = names.map((name, index) => targetOf(`t${index}`, { name }));
      using told = await watch(...targets);
      told.watcher.look();
      const [kept, other, gone] = lives.map(({ pid }, index) => `t${index}-${pid}`);
      assert.deepEqual(told.running(), [kept, other, gone]);
      const minimal = { ...FAST, collect_disk_io: false };
      told.watcher.update([
        targets[0],
        { ...targets[1], profile: minimal },
        targetOf("new", { name: names[2] }),
      ]);
      told.watcher.look();
      assert.deepEqual(told.running(), [kept, other, `new-${lives[2].pid}`]);
      assert.equal(
        told.messages.filter(({ state }) => state !== "running").map(({ task_id }) => task_id).join(),
        gone,
      );
      assert.equal(told.manager.get(other)!.profile.collect_disk_io, false);
      const from = told.messages.length;
      await until(
        () =>
          told.messages.slice(from).some(({ task_id, metrics }) =>
            task_id === other && !("disk_read_bytes" in metrics)
          ),
        "a message by the other profile",
      );
      assert.throws(() => told.watcher.update([targetOf("bad", {})]), /asks for nothing/);
      assert.deepEqual(told.running().length, 3);
    } finally {
      for (const live of lives) await live[Symbol.asyncDispose]();
    }
  });
});

test("counts the network of a target from when that is asked for", async () => {
  const name = uniqueName();
  await using live = await startFixture("odd_name", name);
  using told = await watch(targetOf("t", { name }));
  told.watcher.look();
  const id = `t-${live.pid}`;
  await until(() => told.messages.length > 0, "a message");
  assert.equal("network_loopback_tx_bytes" in told.messages[0].metrics, false);
  told.watcher.update([targetOf("t", { name }, { network: true })]);
  told.watcher.look();
  assert.deepEqual(told.running(), [id]);
  await until(
    () => told.messages.some(({ metrics }) => metrics.network_loopback_tx_bytes === 0),
    "a message with its network",
  );
});

test("a process that was found and has become another is refused", async () => {
  await using live = await startFixture("odd_name", "found");
  using told = await watch();
  for (const tree of [true, false]) {
    assert.throws(() => told.manager.start("x", { pid: live.pid, birth: 1, tree }), /is another by now/);
  }
});
