/*
 * Asks NVML, as the loader finds it, as often as it is told to, and prints a line of JSON: what came of it, the
 * processes that were named last, and the longest that one call kept this thread.
 *
 *   ask_nvml ANSWERS MOST_MS
 */
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { Nvml } from "../../platform/linux/gpu/nvml.ts";

const [answers, mostMs] = process.argv.slice(2).map(Number);
const nvml = new Nvml();
const startedMs = performance.now();
let [seen, longestMs] = [0, 0];
let last: ReturnType<Nvml["processes"]> = null;
let hasWaited = false;
while (seen < answers && performance.now() - startedMs < mostMs) {
  const before = performance.now();
  nvml.poll(before);
  longestMs = Math.max(longestMs, performance.now() - before);
  hasWaited ||= nvml.unansweredSeconds(performance.now()) !== null;
  const now = nvml.processes(performance.now());
  if (now && now !== last) [last, seen] = [now, seen + 1];
  if (nvml.obstacle !== null) break;
  await pause(5);
}
const { state, obstacle, deviceCount } = nvml;
const unanswered = nvml.processes(performance.now()) === null;
console.log(JSON.stringify({ state, obstacle, deviceCount, seen, last, longestMs, hasWaited, unanswered }));
// A call that is never answered is no reason to stay.
process.exit(0);
