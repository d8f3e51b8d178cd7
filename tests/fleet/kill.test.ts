import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "../../bench/lib/seeded_random.ts";
import { fleetMessages } from "../../bench/fleet/simulator/fleet.ts";
import { SMALL_FLEET } from "../../bench/fleet/simulator/plan.ts";
import { Publisher } from "../../bench/fleet/simulator/publisher.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { readMessage } from "../../fleet/ingest/read_message.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import { Mosquitto, noMosquitto } from "../exporters/mqtt/support/mosquitto.ts";
import { CPU, increaseIn, ManagerProcess, stored, usedBy } from "./support/manager_process.ts";

/** More of them by the variable, for who has the time. */
const KILLS = Number(process.env.PROCTOR_TEST_KILLS ?? 12);
const TICKS = 20 * KILLS;

test(
  "a manager that is killed at any moment loses nothing that it has acknowledged, and doubles nothing",
  { skip: noMosquitto, timeout: 60_000 + KILLS * 10_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-fleet-"));
    try {
      await using broker = await Mosquitto.start(directory, [
        "allow_anonymous true",
        "max_queued_messages 0",
      ]);
      const intervalMs = 1_000;
      const startAt = Date.now() - TICKS * intervalMs - 5_000;
      const plan = {
        ...SMALL_FLEET,
        agents: 6,
        tasks: 4,
        channels: 2,
        intervalMs,
        startAt,
        batch: 4,
        gzip: true,
      };
      const expected = new Map<string, [number, number][]>();
      const random = seededRandom(process.pid);
      const place = join(directory, "store");
      let manager: ManagerProcess | null = new ManagerProcess(broker.port, place);
      // The session is there from the first connection on: what was published before that is nobody's.
      const first = [
        ...fleetMessages({ ...plan, tasks: 1, agents: 1, domain: "first" }, startAt + intervalMs),
      ];
      const sender = brokerToRead({ mqtt: `mqtt://127.0.0.1:${broker.port}`, mqtt_version: "3.1.1" }, {});
      const publisher = await Publisher.open(sender, "fleet");
      while (manager.told.all === 0) {
        for (const message of first) await publisher.publish(message);
        await pause(20);
      }
      const messages = [...fleetMessages(plan, startAt + TICKS * intervalMs)];
      const killEvery = Math.floor(messages.length / (KILLS + 1));
      let least = Infinity;
      for (const [n, message] of messages.entries()) {
        await publisher.publish(message);
        const { arrivals } = readMessage({ ...message, receivedAt: Date.now() });
        for (const arrival of arrivals) {
          if (arrival.kind !== "sample") continue;
          const name = `${arrival.sender.propletId} ${arrival.taskId}`;
          const all = expected.get(name) ?? [];
          expected.set(name, [...all, [arrival.time, arrival.figures[CPU]]]);
        }
        if (n % killEvery !== killEvery - 1 || n >= killEvery * KILLS) continue;
        await publisher.drained();
        await pause(random() * 600);
        assert.equal(await manager.end("SIGKILL"), null);
        manager = new ManagerProcess(broker.port, place);
      }
      await publisher.drained();
      await publisher.close();
      for (const samples of expected.values()) least = Math.min(least, samples.at(-1)![0]);
      const all = expected.size + plan.agents;
      await manager.until(all, least);
      // All of it is in chunks once another one has taken it up.
      assert.equal(await manager.end("SIGTERM"), 0);
      manager = new ManagerProcess(broker.port, place);
      await manager.until(all, least);
      assert.equal(await manager.end("SIGTERM"), 0);
      manager = null;
      const store = await openDirectory(place);
      const found = await stored(store, "fleet");
      assert.ok(expected.size === plan.agents * plan.tasks);
      let used = 0;
      for (const [name, samples] of expected) {
        const own = found.get(name) ?? [];
        assert.deepEqual(own.map(({ time, figures }) => [time, figures[CPU]]), samples, name);
        used += usedBy(own);
      }
      const added = await increaseIn(store, "fleet");
      assert.ok(used > 0 && Math.abs(added / used - 1) < 1e-9, `${added} of ${used}`);
      await store.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
