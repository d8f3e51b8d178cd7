/* Groups that tell every process that lived in them, and each its own. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findProcesses, MonitorManager, ProcessGroup, profiles, taskProcessRecordSchema } from "../../mod.ts";
import type { TaskMessage, TaskProcessRecord } from "../../mod.ts";
import { openProcessEvents } from "../../platform/mod.ts";
import { startProgram } from "../cli/support/proctor.ts";
import { eventually } from "../support/eventually.ts";

const opened = await openProcessEvents();
// Without programs or accounts nobody knows what a short one was called.
const refusal = "drain" in opened ? opened.source === "connector" && "needs CAP_NET_ADMIN" : opened.reason;
if ("drain" in opened) opened.close();
const CASE = { skip: refusal, timeout: 120_000 };

const shells = (count: number, exitCode: number) => [
  "sh",
  "-c",
  `i=0; while [ $i -lt ${count} ]; do /bin/true; i=$((i+1)); done; exit ${exitCode}`,
];
const numberOf = (group: ProcessGroup, name: string) =>
  group.processTable()!.by_executable.filter((row) => row.name === name)
    .reduce((sum, { process_count }) => sum + process_count, 0);

describe("a group's processes", () => {
  test("are told each, of several commands, as they run and when they are over", CASE, async () => {
    await using group = await ProcessGroup.create({ processes: true });
    const sleeping = group.start(["sleep", "600"]);
    assert.equal((await group.start(shells(200, 3)).wait()).exitCode, 3);
    assert.equal((await group.start(shells(100, 0)).wait()).exitCode, 0);
    // The last ends may be told a moment after whoever waits has heard of them.
    await eventually(() => {
      const rows = group.processTable()!.by_executable.filter(({ name }) => name === "sh");
      return rows.reduce((sum, { failed_count }) => sum + failed_count, 0) === 1;
    });
    assert.equal(group.stats().totalProcessCount, 303);
    const table = group.processTable()!;
    assert.deepEqual([table.quality, table.process_count, table.lost_event_count], ["exact", 303, 0]);
    assert.equal(numberOf(group, "true"), 300);
    assert.equal(numberOf(group, "sleep"), 1);
    assert.equal(table.critical_path, null);
    // Asking changes nothing. One whose memory could not be read as it began stands in a row without a path.
    assert.deepEqual(["true", "sleep", "sh"].map((name) => numberOf(group, name)), [300, 1, 2]);
    assert.equal(group.processTable()!.process_count, 303);
    await group.stop({ graceMs: 0 });
    assert.equal((await sleeping.wait()).outcome, "signaled");
    await eventually(() => {
      const [row] = group.processTable()!.by_executable.filter(({ name }) => name === "sleep");
      return row.failed_count === 1;
    });
    assert.equal(group.processTable()!.process_count, 303);
  });

  test("are each group's own, and one feed serves all", CASE, async () => {
    await using one = await ProcessGroup.create({ processes: true });
    await using other = await ProcessGroup.create({ processes: true });
    await Promise.all([one.start(shells(150, 0)).wait(), other.start(shells(50, 0)).wait()]);
    assert.equal(one.processTable()!.process_count, 151);
    assert.equal(other.processTable()!.process_count, 51);
    one[Symbol.dispose]();
    await other.start(shells(5, 0)).wait();
    assert.equal(other.processTable()!.process_count, 57);
    assert.equal(numberOf(other, "true"), 55);
  });

  test("stand in messages of a manager that watches the group", CASE, async () => {
    await using group = await ProcessGroup.create({ processes: true });
    using manager = await MonitorManager.create({ variables: {}, propletId: "here" });
    const messages: TaskMessage[] = [];
    manager.onMetrics((message) => void messages.push(message));
    await group.start(shells(20, 0)).wait();
    const sleeping = group.start(["sleep", "600"]);
    manager.start("group", group, "intensive");
    await eventually(() => messages.some(({ processes }) => processes?.process_count === 22));
    const [message] = messages.filter(({ state }) => state === "running");
    assert.deepEqual(message.processes!.dearest, []);
    await group.stop({ graceMs: 0 });
    await sleeping.wait();
    await eventually(() => messages.some(({ state }) => state === "ended"));
    const last = messages.find(({ state }) => state === "ended")!;
    assert.equal(last.processes!.process_count, 22);
    assert.equal(last.processes!.dearest.length, 10);
  });

  test("are told one by one to whoever asks a manager, before the last message", CASE, async () => {
    const group = await ProcessGroup.create({ processes: true });
    const notices: string[] = [];
    using manager = await MonitorManager.create({ variables: {}, onNotice: (line) => notices.push(line) });
    const told: (TaskProcessRecord | "the end")[] = [];
    manager.onMetrics(({ state }) => void (state === "ended" && told.push("the end")));
    manager.onProcess((record) => void told.push(record));
    using failing = manager.onProcess(() => {
      throw new Error("full");
    });
    manager.start("group", group, "standard");
    await group.start(shells(20, 3)).wait();
    group[Symbol.dispose]();
    await eventually(() => told.includes("the end"));
    assert.equal(told.pop(), "the end");
    const records = told.map((record) => taskProcessRecordSchema.parse(record));
    assert.deepEqual(
      records.map(({ task_id, name, exit_code }) => `${task_id} ${name} ${exit_code}`).sort(),
      ["group sh 3", ...Array(20).fill("group true 0")],
    );
    assert.equal(failing.failedCallbackCount, 21);
    assert.equal(notices.length, 1);
    assert.match(notices[0], /^a callback for processes has failed .*full$/);
  });

  test("are a reason for a message before its time, of a tree that others have started", CASE, async () => {
    const tree = startProgram(["sh", "-c", "echo ready; read go; sleep 600 & read end; kill $!"], {
      input: "open",
    });
    await tree.line((line) => line === "ready");
    using manager = await MonitorManager.create({ variables: {}, processes: true });
    const counts: (number | null)[] = [];
    let lastMs = Infinity;
    manager.onMetrics(({ metrics }) => {
      counts.push(metrics.process_count);
      lastMs = performance.now();
    });
    const [{ processes: [found] }] = await findProcesses([{ pid: tree.pid }]);
    const target = { pid: found.pid, birth: found.birth, processes: true };
    // What has grown beyond two seconds is on its way to ten minutes.
    const adaptive = { interval_ms: 50, max_interval_ms: 600_000, adaptive: true };
    manager.start("tree", target, { ...profiles.standard, ...adaptive });
    await eventually(() => performance.now() - lastMs > 2_000);
    assert.equal(counts.at(-1), 1);
    tree.write("go\n");
    const wroteMs = performance.now();
    await eventually(() => counts.at(-1) === 2);
    assert.ok(lastMs - wroteMs < 5_000, `${lastMs - wroteMs} ms`);
    manager.stop("tree");
    tree.closeInput();
    await tree.ended;
  });

  test("are told whole by the last message, though the group is closed before the first", CASE, async () => {
    const group = await ProcessGroup.create({ processes: true });
    using manager = await MonitorManager.create({ variables: {}, propletId: "here" });
    const messages: TaskMessage[] = [];
    manager.onMetrics((message) => void messages.push(message));
    manager.start("group", group, "intensive");
    await group.start(shells(20, 3)).wait();
    group[Symbol.dispose]();
    await eventually(() => messages.some(({ state }) => state === "ended"));
    const last = messages.find(({ state }) => state === "ended")!.processes!;
    assert.deepEqual([last.process_count, last.quality, last.dearest.length], [21, "exact", 10]);
    const counts = last.by_executable.map(({ name, failed_count }) => `${name} ${failed_count}`);
    assert.deepEqual(counts.sort(), ["sh 1", "true 0"]);
  });

  test("are told whole by the last message after one that was brief", CASE, async () => {
    const group = await ProcessGroup.create({ processes: true });
    using manager = await MonitorManager.create({ variables: {}, propletId: "here" });
    const messages: TaskMessage[] = [];
    manager.onMetrics((message) => void messages.push(message));
    manager.start("group", group, "intensive");
    await eventually(() => messages.some(({ state }) => state === "running"));
    await group.start(shells(20, 0)).wait();
    group[Symbol.dispose]();
    await eventually(() => messages.some(({ state }) => state === "ended"));
    const last = messages.find(({ state }) => state === "ended")!.processes!;
    assert.deepEqual([last.process_count, last.dearest.length], [21, 10]);
  });

  test("are not told where they were not asked for", { timeout: 120_000 }, async () => {
    await using group = await ProcessGroup.create();
    await group.start(["true"]).wait();
    assert.equal(group.processTable(), null);
    assert.equal(group.processesReason, null);
    group[Symbol.dispose]();
    assert.throws(() => group.processTable(), /the process group is closed/);
  });

  test("are asked for by true or false", async () => {
    await assert.rejects(ProcessGroup.create({ processes: 1 as unknown as boolean }), /processes/);
  });
});
