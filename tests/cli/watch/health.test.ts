import assert from "node:assert/strict";
import { totalmem } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { AgentHealth } from "../../../agent/watch_health.ts";
import { healthMessageSchema } from "../../../core/schema/health_message.ts";
import { loadPlatform } from "../../../platform/mod.ts";
import { assertNear } from "../../support/expect.ts";

test("the agent tells how it is, and the host", { timeout: 120_000 }, async () => {
  const health = new AgentHealth(await loadPlatform());
  const ticks = { tickCount: 12, lateTickCount: 2, missedTickCount: 1 };
  const state = { propletId: "here", agentId: "there", taskCount: 3, ticks, reports: [] };
  const before = await health.message(state);
  const until = performance.now() + 300;
  while (performance.now() < until);
  const { agent, host, ...rest } = await health.message(state);
  assert.deepEqual(healthMessageSchema.strict().parse({ agent, host, ...rest }), { agent, host, ...rest });
  assert.deepEqual([rest.proplet_id, rest.agent_id, agent.pid], ["here", "there", process.pid]);
  assert.equal(agent.task_count, 3);
  assert.ok(agent.cpu_seconds > before.agent.cpu_seconds);
  assert.ok(agent.cpu_percent > 5, `${agent.cpu_percent} % while it burned`);
  assertNear(agent.memory_bytes!, process.memoryUsage.rss(), 0.2, 0, "memory");
  const usage = process.resourceUsage();
  // maxRSS counts what this process was before exec as well.
  assert.ok(
    agent.peak_memory_bytes! >= agent.memory_bytes! && agent.peak_memory_bytes! <= usage.maxRSS * 1_024,
  );
  assertNear(agent.voluntary_context_switches!, usage.voluntaryContextSwitches, 0.1, 20, "switches");
  assert.deepEqual([agent.tick_count, agent.late_tick_count, agent.missed_tick_count], [12, 2, 1]);
  assert.ok(agent.uptime_seconds >= 0.3);
  assertNear(host.memory_total_bytes!, totalmem(), 0.01, 0, "the host's memory");
  assert.ok(host.memory_used_bytes! > 0 && host.memory_used_bytes! < host.memory_total_bytes!);
  assert.ok(host.cpu_percent! >= 0 && host.cpu_percent! <= 100);
  assert.ok(host.load_1m! >= 0 && host.uptime_seconds! > 0);
  assert.ok(host.disk_total_bytes! >= host.disk_used_bytes!);
});
