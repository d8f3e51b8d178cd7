/* What a managed process does with GPUs, in its messages: where its own profile asks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { shell, TestSupervisor } from "../support/supervisor.ts";

const CASE = { timeout: 60_000 };

function sleeping(profile: object): Promise<TestSupervisor> {
  const monitoring_profile = { interval: "50ms", ...profile };
  return TestSupervisor.start([shell("a", "sleep 300", {}, { monitoring_profile })]);
}

const latest = ({ supervisor }: TestSupervisor) => supervisor.latestMetrics()[0]?.metrics;

test("is told where it says collect_gpu", CASE, async () => {
  await using test = await sleeping({ collect_gpu: true });
  const metrics = await test.until("a message", () => latest(test));
  // Nothing of a GPU, or nobody who could say so.
  assert.ok(metrics.gpu_percent === null || metrics.gpu_percent === 0);
  assert.ok(metrics.gpu_memory_bytes === null || metrics.gpu_memory_bytes === 0);
});

test("is left out else", CASE, async () => {
  await using test = await sleeping({});
  const metrics = await test.until("a message", () => latest(test));
  assert.ok(!("gpu_percent" in metrics));
});
