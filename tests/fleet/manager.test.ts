import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Manager } from "../../fleet/manager.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";

test("samples are taken in that are as old as those that are kept", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-manager-"));
  try {
    const tier = { days: 60, bytes: null };
    const manager = await Manager.open({
      store: await openDirectory(join(directory, "store")),
      session: {
        broker: brokerToRead({ mqtt: "mqtt://127.0.0.1:1", mqtt_version: "5" }, {}),
        clientId: "proctor-manager-test",
      },
      brokerName: "the broker",
      units: null,
      retention: { raw: tier, fiveMinutes: tier, hours: tier, runs: { days: 60 } },
      say: () => {},
    });
    const daysAgo = (days: number) => {
      const now = Date.now();
      const message = {
        proplet_id: "web-1",
        task_id: "job",
        timestamp: new Date(now - days * 86_400_000).toISOString(),
        metrics: { cpu_seconds: 1 },
      };
      const payload = new TextEncoder().encode(JSON.stringify(message));
      const topic = "m/factory/c/line/control/proplet/task_metrics";
      return manager.intake.take({ topic, payload, receivedAt: now, isRetained: false }).length;
    };
    assert.equal(manager.hindrance, "the broker is away");
    assert.deepEqual([20, 59, 61].map(daysAgo), [1, 1, 0]);
    await manager.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
