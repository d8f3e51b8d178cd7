import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tableLines, watchLines } from "../../../commands/watch/watch_lines.ts";
import { watchSummary } from "../../../commands/watch/watch_summary.ts";
import { WatchedTasks } from "../../../commands/watch/watched_tasks.ts";
import type { TaskMessage, TaskMetrics } from "../../../core/schema/task_message.ts";
import { widthOf } from "../../../render/screen/fit_text.ts";
import { ASCII, UNICODE } from "../../../render/screen/sparkline.ts";
import { plain } from "../../../render/screen/style.ts";

const START = Date.parse("2026-11-30T10:00:00Z");

function message(
  taskId: string,
  seconds: number,
  metrics: Partial<TaskMetrics> = {},
  more: Partial<TaskMessage> = {},
): TaskMessage {
  const timestamp = new Date(START + seconds * 1_000).toISOString();
  return {
    task_id: taskId,
    proplet_id: "here",
    timestamp,
    metrics: { timestamp, process_count: 1, uptime_seconds: seconds, ...metrics } as TaskMetrics,
    aggregated: { sample_count: seconds, avg_cpu_usage: 12.34, max_memory_usage: 2 ** 20 },
    state: "running",
    process: { target: "t", pid: 4_242, name: "t", start_time: timestamp, restart_count: 0 },
    ...more,
  };
}

const LOOK = { glyphs: UNICODE, seconds: 65, isFull: true, notices: [] };

test("rates are those between two messages of one process, and sums leave out what is unknown", () => {
  const tasks = new WatchedTasks();
  tasks.take(message("a", 0, { disk_read_bytes: 1_000, cpu_percent: 10 }));
  tasks.take(message("b", 0, { cpu_percent: null, memory_bytes: 5 }));
  assert.ok(Number.isNaN(tasks.totals.readPerSecond), "one message has no rate");
  tasks.take(message("a", 2, { disk_read_bytes: 5_000, cpu_percent: 30 }));
  assert.deepEqual([tasks.totals.readPerSecond, tasks.totals.cpuPercent, tasks.totals.memoryBytes], [
    2_000,
    30,
    5,
  ]);
  assert.equal(tasks.totals.processCount, 2);
  const restarted = { ...message("a", 3).process!, pid: 9, restart_count: 1 };
  tasks.take(message("a", 3, { disk_read_bytes: 9_000 }, { process: restarted }));
  assert.ok(Number.isNaN(tasks.running[0].readPerSecond), "another process counts from anew");
});

test("an ended task leaves the table and stays in the summary; of very many the oldest are counted only", () => {
  const tasks = new WatchedTasks();
  for (let index = 0; index < 600; index++) tasks.take(message(`t${index}`, 1, {}, { state: "ended" }));
  tasks.take(message("last", 1));
  assert.deepEqual([tasks.running.length, tasks.endedCount, tasks.forgottenCount], [1, 600, 100]);
  const summary = watchSummary(tasks, 80, UNICODE);
  assert.match(summary, /^t100 +1 +12\.3 +- +- +1024 K|^t100 +1 +12\.3 +- +- +1\.00 M +- +-$/m);
  assert.match(summary, /100 more that ended earlier are not listed\.\n$/);
  assert.equal(watchSummary(new WatchedTasks(), 80, UNICODE), "");
});

test("80 columns hold every column, and the totals stand below", () => {
  const tasks = new WatchedTasks();
  tasks.take(message("web-4242", 60, { cpu_percent: 95, memory_bytes: 2 ** 30 }));
  tasks.take(message("a-task-with-a-name-that-is-long-4243", 60, { cpu_percent: 5, memory_bytes: 2 ** 30 }));
  const lines = tableLines(tasks, 80, LOOK).map(plain);
  assert.equal(lines[0], "proctor watch  2 tasks · 1m · q ends".replace("1m", "1m 5s"));
  assert.match(lines[1], /^TASK +PID +CPU % +MEMORY +READ\/s +WRITE\/s +PROCS +UP$/);
  assert.match(lines[2], /^web-4242 +4242 +95\.0 +1\.00 G +- +- +1 +1m$/);
  assert.match(lines[3], /^a-task-with.*… +4242 +5\.0 +1\.00 G/);
  assert.match(lines[4], /^TOTAL +100\.0 +2\.00 G +- +- +2 *$/);
  assert.ok(lines.every((line) => widthOf(line) <= 80));
});

test("of more tasks than there are lines the busiest are shown", () => {
  const tasks = new WatchedTasks();
  for (let index = 0; index < 30; index++) tasks.take(message(`t${index}`, 1, { cpu_percent: index }));
  const lines = watchLines(tasks, { columns: 80, rows: 12 }, LOOK).map(plain);
  assert.equal(lines.length, 12);
  assert.ok(lines.some((line) => line.startsWith("t29 ")) && !lines.some((line) => line.startsWith("t3 ")));
  assert.ok(lines.some((line) => /^… and \d+ more, with less CPU/.test(line)), lines.join("\n"));
  assert.ok(lines.some((line) => line.startsWith("TOTAL")));
});

test("a screen of any size is filled exactly, whatever tasks are called", () => {
  const names = fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { maxLength: 8 });
  const size = fc.record({
    columns: fc.integer({ min: 1, max: 200 }),
    rows: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(fc.property(names, size, fc.boolean(), (ids, { columns, rows }, isAscii) => {
    const tasks = new WatchedTasks();
    for (const id of ids) tasks.take(message(id, 1, { cpu_percent: 50, network_rx_bytes: 1 }));
    const look = { ...LOOK, glyphs: isAscii ? ASCII : UNICODE, notices: ["a notice", "\x1b[2J"] };
    const lines = watchLines(tasks, { columns, rows }, look).map(plain);
    assert.equal(lines.length, rows);
    for (const line of lines) {
      assert.equal(widthOf(line), columns, JSON.stringify(line));
      assert.ok(!line.includes("\x1b"), "what steers a terminal");
    }
  }));
});
