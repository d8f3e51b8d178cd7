/*
 * Starts a command in a group, looks at what it does with GPUs through each way the library has, and prints a line of
 * JSON as soon as all of them tell of memory there: the group's statistics, and the metrics of a task for the group, for
 * the process of the group alone, and for its PID.
 *
 *   watch_gpu COMMAND…
 */
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { MonitorManager, ProcessGroup, profiles } from "../../mod.ts";

const PATIENCE_MS = 60_000;

using group = await ProcessGroup.create({ gpu: true });
using manager = await MonitorManager.create();
const running = group.start(process.argv.slice(2));
const profile = { ...profiles.intensive, interval_ms: 50, max_interval_ms: 50, collect_gpu: true };
manager.start("group", group, profile);
manager.start("process", running, profile);
manager.start("pid", running.pid, profile);
const untilMs = Date.now() + PATIENCE_MS;
for (;;) {
  const { gpuPercent, gpuMemoryBytes } = group.stats();
  const tasks = Object.fromEntries(
    manager.list().map(({ taskId, latest }) => {
      const { gpu_percent = null, gpu_memory_bytes = null } = latest?.metrics ?? {};
      return [taskId, [gpu_percent, gpu_memory_bytes]];
    }),
  );
  const told = { stats: [gpuPercent, gpuMemoryBytes], ...tasks };
  const isWhole = Object.values(told).every(([, bytes]) => typeof bytes === "number" && bytes > 0);
  if (isWhole || Date.now() > untilMs) {
    console.log(JSON.stringify(told));
    break;
  }
  await pause(50);
}
