import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Manager } from "../../fleet/manager.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { FleetQuery } from "../../fleet/query/fleet_query.ts";
import { FleetState } from "../../fleet/state/fleet_state.ts";
import { ReservedNumbers } from "../../fleet/state/numbers.ts";
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

test("after a restart a late sample of one agent leaves in what an hour has of all the others", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-manager-"));
  const at = (hour: number, minute: number) => Date.UTC(2026, 10, 29, hour, minute);
  try {
    let now = at(10, 0);
    const open = async () =>
      Manager.open({
        ...{ ...PARTS, say: () => {}, now: () => now },
        store: await openDirectory(join(directory, "store")),
      });
    const send = async (manager: Manager, agent: string, time: number, seconds: number) => {
      const payload = new TextEncoder().encode(JSON.stringify({
        ...{ proplet_id: agent, task_id: "job", timestamp: new Date(time).toISOString() },
        metrics: { cpu_seconds: seconds, uptime_seconds: (time - at(9, 0)) / 1_000 },
      }));
      const topic = "m/factory/c/line/control/proplet/task_metrics";
      const entry = { unit: "factory/line", topic, payload, receivedAt: now, isRetained: false } as const;
      const arrivals = manager.intake.take(entry);
      assert.equal(arrivals.length, 1);
      await manager.store.append([entry]);
      await (manager.state.numbers as ReservedNumbers).ensure(arrivals.length);
      for (const arrival of arrivals) manager.state.apply(arrival, now);
    };
    const total = async ({ state, store }: Manager) => {
      const question = {
        ...{ column: "cpu_seconds", by: "task", measure: "increase", of: "tasks", limit: 5 } as const,
        ...{ from: at(9, 0), until: at(14, 0) },
      };
      return (await new FleetQuery(state, store, () => now).top(question, null)).total;
    };
    const first = await open();
    for (let minute = 0; minute < 60; minute++) {
      now = at(10, minute) + 5_000;
      await send(first, "big", at(10, minute), minute * 60);
    }
    await first.close();
    now = at(14, 2);
    // The first start makes the hour, the second finds nothing to make.
    await (await open()).close();
    const manager = await open();
    assert.equal(await total(manager), 3_540);
    await send(manager, "late", at(10, 30), 1);
    await send(manager, "late", at(10, 31), 2);
    assert.equal(await total(manager), 3_540, "what came late is there after the next seal");
    // This hour is open all the same.
    await send(manager, "late", at(14, 1), 7);
    assert.deepEqual(manager.state.openHours(), [at(14, 0)]);
    await manager.close();
    const sealed = await open();
    assert.ok((await total(sealed))! > 3_540);
    await sealed.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("a manager starts though the journal has an entry that cannot be applied, and reports it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-manager-"));
  const apply = FleetState.prototype.apply;
  try {
    const store = await openDirectory(join(directory, "store"));
    const topic = "m/factory/c/line/control/proplet/task_metrics";
    const receivedAt = Date.now();
    await store.append(["a", "broken", "b"].map((task_id) => {
      const body = { proplet_id: "web-1", task_id, metrics: { cpu_percent: 5 } };
      const payload = new TextEncoder().encode(JSON.stringify(body));
      return { unit: "factory/line", topic, payload, receivedAt, isRetained: false };
    }));
    FleetState.prototype.apply = function (arrival, ...rest) {
      if ("taskId" in arrival && arrival.taskId === "broken") throw new RangeError("no such column");
      apply.call(this, arrival, ...rest);
    };
    const said: string[] = [];
    const manager = await Manager.open({
      ...{ ...PARTS, store },
      say: (level, line) => level === "info" || said.push(`${level} ${line}`),
    });
    assert.deepEqual([...manager.state.tasks.values()].map(({ taskId }) => taskId), ["a", "b"]);
    assert.deepEqual(said, [
      `warn a message to ${topic} was left out, by an error of proctor itself: RangeError: no such column`,
    ]);
    await manager.close();
  } finally {
    FleetState.prototype.apply = apply;
    rmSync(directory, { recursive: true, force: true });
  }
});
