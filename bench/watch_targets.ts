/*
 * usage: watch_targets.ts PROFILE[@MS[/HISTORY]] SECONDS PID...: watches every process for so long, at the profile's
 * interval or another, with its history or another, then says what that cost in one line of JSON. The first second, in
 * which all begin, does not count.
 */
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { MonitorManager } from "../monitor/tasks/manager.ts";
import { profiles } from "../core/measure/profile.ts";
import type { ProfileName } from "../core/measure/profile.ts";

const [named, seconds, ...pids] = process.argv.slice(2);
const [name, ms, size] = named.split(/[@/]/);
const interval = ms === undefined ? {} : { interval_ms: Number(ms), max_interval_ms: Number(ms) };
// Messages are counted, so they have to be told.
const history = size === undefined ? {} : { history_size: Number(size), retain_history: size !== "0" };
const profile = { ...profiles[name as ProfileName], ...interval, ...history, export_to_mqtt: true };
const settle = () => {
  const { gc } = globalThis as { gc?: () => void };
  (globalThis as { Bun?: { gc(all: boolean): void } }).Bun?.gc(true) ?? gc?.();
};
const manager = await MonitorManager.create({ variables: {} });
const lastMs = new Map<string, number>();
const gapsMs: number[] = [];
let messages = 0;
let isCounting = false;
manager.onMetrics(({ task_id }) => {
  const now = performance.now();
  const last = lastMs.get(task_id);
  if (isCounting && last !== undefined) gapsMs.push(now - last);
  lastMs.set(task_id, now);
  messages++;
});
/** What is in use, typed arrays included, without what was let go of. */
const live = () => {
  settle();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const liveBefore = live();
const memoryBefore = process.memoryUsage.rss();
const startedMs = performance.now();
for (const pid of pids) manager.start(pid, Number(pid), profile);
const startUpMs = performance.now() - startedMs;
// The manager does not keep the program alive.
await sleep(1_500);
isCounting = true;
messages = 0;
const from = process.cpuUsage();
const fromMs = performance.now();
await sleep(Number(seconds) * 1_000);
const { user, system } = process.cpuUsage(from);
const elapsedMs = performance.now() - fromMs;
const liveAfter = live();
const memoryAfter = process.memoryUsage.rss();
console.log(JSON.stringify({
  cpu_percent: (user + system) / 10 / elapsedMs,
  user_percent: user / 10 / elapsedMs,
  start_up_ms: startUpMs,
  memory_before_bytes: memoryBefore,
  memory_after_bytes: memoryAfter,
  live_bytes: liveAfter - liveBefore,
  messages_per_second: messages / (elapsedMs / 1_000),
  missed: manager.list().reduce((sum, { missedTickCount }) => sum + missedTickCount, 0),
  history_length: Math.min(...pids.map((pid) => manager.history(pid).length)),
  gaps_ms: gapsMs,
}));
manager[Symbol.dispose]();
