import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Manager } from "../../fleet/manager.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { eventually } from "../support/eventually.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";

const TIER = { days: 60, bytes: null };
const PARTS = {
  session: {
    broker: brokerToRead({ mqtt: "mqtt://127.0.0.1:1", mqtt_version: "5" }, {}),
    clientId: "proctor-manager-test",
  },
  brokerName: "the broker",
  units: null,
  retention: { raw: TIER, fiveMinutes: TIER, hours: TIER, runs: { days: 60 } },
};

test("samples are taken in that are as old as those that are kept", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-manager-"));
  try {
    const store = await openDirectory(join(directory, "store"));
    const manager = await Manager.open({ ...PARTS, store, say: () => {} });
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

test("what fails again and again is reported once, and again after it has worked", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-manager-"));
  try {
    const store = await openDirectory(join(directory, "store"));
    const makeHours = store.makeHours.bind(store);
    let isFull = true;
    let tries = 0;
    store.makeHours = (...words) => {
      tries++;
      return isFull ? Promise.reject(new Error("no space left")) : makeHours(...words);
    };
    const triedFiveTimes = () => {
      const until = tries + 5;
      return eventually(() => tries >= until, 10_000, () => `${tries} of ${until} tries`);
    };
    const said: string[] = [];
    const say = (level: string, line: string) => level === "error" && said.push(line);
    const manager = await Manager.open({ ...PARTS, store, say, sealEveryMs: 5 });
    manager.start();
    await triedFiveTimes();
    assert.deepEqual(said, ["no space left"]);
    isFull = false;
    await triedFiveTimes();
    isFull = true;
    await triedFiveTimes();
    assert.deepEqual(said, ["no space left", "no space left"]);
    await manager.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
