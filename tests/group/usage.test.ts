import assert from "node:assert/strict";
import { test } from "node:test";
import { ProcessGroup } from "../../group/process_group.ts";

test("usage is what stats tell, without what limits count", { timeout: 120_000 }, async () => {
  await using group = await ProcessGroup.create();
  const running = group.start(["sh", "-c", "sleep 1000 & sleep 1000 & exec sleep 1000"]);
  const deadline = Date.now() + 20_000;
  while (group.usage().activeProcessCount < 3 || running.isSuspended()) assert.ok(Date.now() < deadline);
  const stats = group.stats();
  const ofLimits = ["oomKillCount", "memoryLimitHitCount", "processLimitHitCount", "cpuThrottledSeconds"];
  const named = Object.keys(stats).filter((name) => !ofLimits.includes(name));
  assert.deepEqual(Object.keys(group.usage()).sort(), named.sort());
  const { activeProcessCount, totalProcessCount, totalCpuTimeSeconds } = group.usage();
  assert.deepEqual([activeProcessCount, totalProcessCount], [3, stats.totalProcessCount]);
  assert.ok(totalCpuTimeSeconds! >= stats.totalCpuTimeSeconds!);
  group.signal("SIGKILL");
  await running.wait();
  group[Symbol.dispose]();
  assert.throws(() => group.usage(), /closed/);
});
