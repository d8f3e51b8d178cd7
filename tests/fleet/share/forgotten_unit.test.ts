import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectAsync } from "mqtt";
import { brokerToRead } from "../../../fleet/mqtt/broker.ts";
import { SharedManager } from "../../../fleet/share/shared_manager.ts";
import type { Beat, Shares } from "../../../fleet/store/shares.ts";
import { openShared } from "../../../fleet/store/postgres/open.ts";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { eventually } from "../../support/eventually.ts";
import { noPostgres, PostgresServer } from "../store/postgres/server.ts";
import { taskMessage } from "../support/ingest.ts";

const [HEARD, SILENT] = ["d/heard", "d/silent"] as const;
const TIER = { days: 14, bytes: null };

/** Shares whose beats can be held up: what happens between two of them is ours to say. */
function heldUp(shares: Shares): { shares: Shares; hold(): Promise<void>; goOn(): void } {
  let gate: Promise<void> | null = null;
  let open = () => {};
  let held = () => {};
  const beat = async (ms: number, report: string | null): Promise<Beat> => {
    if (gate) held();
    await gate;
    return await shares.beat(ms, report);
  };
  const proxy = new Proxy(shares, {
    get(target, name) {
      if (name === "beat") return beat;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return {
    shares: proxy,
    hold() {
      gate = new Promise((resolve) => open = resolve);
      return new Promise((resolve) => held = resolve);
    },
    goOn() {
      gate = null;
      open();
    },
  };
}

test(
  "a unit that is forgotten while a message of it comes is found again, and one of which none does is not",
  { skip: noMosquitto || noPostgres, timeout: 120_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "proctor-forgotten-"));
    stack.defer(() => rmSync(directory, { recursive: true, force: true }));
    const server = stack.use(await PostgresServer.start());
    const broker = stack.use(await Mosquitto.start(directory));
    const database = await server.newDatabase();
    const url = server.url(database);
    const mqtt = `mqtt://127.0.0.1:${broker.port}`;
    const other = await openShared(url, () => {});
    stack.defer(() => other.store.close());
    await other.shares.add([HEARD, SILENT]);
    const { store, shares } = await openShared(url, () => {});
    const beats = heldUp(shares);
    const manager = await SharedManager.open({
      ...{ store, shares: beats.shares, units: null, brokerName: "the broker", say: () => {} },
      session: { broker: brokerToRead({ mqtt, mqtt_version: "5" }, {}), clientId: "proctor-manager-test" },
      retention: { raw: TIER, fiveMinutes: TIER, hours: TIER, runs: { days: 14 } },
    });
    stack.defer(() => manager.close());
    manager.start();
    const heldUnits = () =>
      [...manager.units()].filter(({ state }) => state === "subscribed").map(({ unit }) => unit).sort();
    await eventually(() => heldUnits().join() === `${HEARD},${SILENT}`, 30_000);
    await beats.hold();
    assert.deepEqual([...await other.shares.forgetUnits([HEARD, SILENT], 0, 9)].sort(), [HEARD, SILENT]);
    const client = await connectAsync(mqtt);
    stack.defer(() => client.endAsync());
    const message = taskMessage({ proplet_id: "h", timestamp: new Date().toISOString(), metrics: {} });
    await client.publishAsync("m/d/c/heard/control/proplet/task_metrics", JSON.stringify(message), {
      qos: 1,
    });
    const waits = async () => (await other.shares.news(new Map([[HEARD, 0]]), 1))[0]!.entries.length > 0;
    await eventually(waits, 30_000);
    beats.goOn();
    // Both were gone; whichever is there again was put there by who held it.
    const shared = async () =>
      (await server.ask(database, "SELECT name FROM proctor.unit")).map(({ name }) => name);
    await eventually(async () => (await shared()).includes(HEARD), 30_000);
    await eventually(
      () => heldUnits().join() === HEARD && manager.state.findAgent(HEARD, "h") !== undefined,
      30_000,
      () => heldUnits().join(),
    );
    assert.deepEqual(await shared(), [HEARD]);
  },
);
