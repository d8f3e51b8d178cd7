import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { fleetMessages } from "../../bench/fleet/simulator/fleet.ts";
import { SMALL_FLEET } from "../../bench/fleet/simulator/plan.ts";
import type { FleetMessage } from "../../bench/fleet/simulator/plan.ts";
import { Publisher } from "../../bench/fleet/simulator/publisher.ts";
import { decodeChunk } from "../../fleet/chunk/chunk.ts";
import { Manager } from "../../fleet/manager.ts";
import type { Roll } from "../../fleet/model/view.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import { Mosquitto, noMosquitto } from "../exporters/mqtt/support/mosquitto.ts";
import { rollsIn } from "./store/support.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const UNIT = "fleet/channel-0";
const COLUMNS = ["cpu_seconds", "memory_bytes"] as const;
const PATIENCE_MS = 60_000;

/** What has been published of a task, reckoned from the messages alone. */
class Truth {
  readonly tasks = new Map<string, { time: number; start: string; figures: Record<string, number> }[]>();

  constructor(messages: readonly FleetMessage[]) {
    for (const { topic, payload } of messages) {
      if (!topic.endsWith("task_metrics")) continue;
      const text = new TextDecoder().decode(payload[0] === 0x1f ? gunzipSync(payload) : payload);
      for (const { proplet_id, task_id, metrics, process } of [JSON.parse(text)].flat()) {
        const key = `${proplet_id}/${task_id}`;
        const own = this.tasks.get(key) ?? [];
        own.push({ time: Date.parse(metrics.timestamp), start: process.start_time, figures: metrics });
        this.tasks.set(key, own);
      }
    }
  }

  get count(): number {
    return [...this.tasks.values()].reduce((sum, own) => sum + own.length, 0);
  }

  /** What a task has of a column in each bucket; of what was before its first sample nothing is known. */
  rolls(key: string, column: string, bucketMs: number): Map<number, Roll> {
    const rolls = new Map<number, Roll>();
    let before: { value: number; start: string } | null = null;
    for (const { time, start, figures } of this.tasks.get(key)!) {
      const bucket = Math.floor(time / bucketMs) * bucketMs;
      const value = figures[column];
      const roll = rolls.get(bucket) ?? { n: 0, sum: 0, min: Infinity, max: -Infinity, increase: 0 };
      const isNew = before !== null && (start !== before.start || value < before.value);
      const increase = before === null ? 0 : isNew ? value : value - before.value;
      rolls.set(bucket, {
        n: roll.n + 1,
        sum: roll.sum + value,
        min: Math.min(roll.min, value),
        max: Math.max(roll.max, value),
        increase: roll.increase + (column === "cpu_seconds" ? increase : 0),
      });
      before = { value, start };
    }
    return rolls;
  }
}

/** Figures have six digits behind the point at most: beyond these two sums of them may differ. */
function rounded(rolls: Iterable<readonly [number, Roll]>): Map<number, Roll> {
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  return new Map(
    [...rolls].map(([at, { n, sum, min, max, increase }]) =>
      [at, { n, sum: round(sum), min, max, increase: round(increase) }] as const
    ).sort(([a], [b]) => a - b),
  );
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!await isSo()) {
    assert.ok(performance.now() < end, `${what}: not within ${PATIENCE_MS / 1_000} s`);
    await pause(20);
  }
}

async function publish(url: string, messages: readonly FleetMessage[]): Promise<void> {
  const publisher = await Publisher.open(brokerToRead({ mqtt: url, mqtt_version: "3.1.1" }, {}), "fleet");
  for (const message of messages) await publisher.publish(message);
  await publisher.drained();
  await publisher.close();
}

describe("an hour without a broker", { concurrency: false }, () => {
  test(
    "is made up for: all has its own time, and sums of five minutes and of hours are exact",
    { skip: noMosquitto },
    async () => {
      // Both hours are over: they are made before, of what came then, and again of what comes late.
      const start = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 3 * HOUR_MS;
      const away = start + 30 * MINUTE_MS;
      const plan = {
        ...SMALL_FLEET,
        agents: 4,
        tasks: 3,
        intervalMs: 30_000,
        batch: 3,
        gzip: true,
        startAt: start,
      };
      const messages = [...fleetMessages(plan, away + HOUR_MS)];
      const live = messages.filter(({ at }) => at < away);
      const truth = new Truth(messages);
      const directory = mkdtempSync(join(tmpdir(), "proctor-backlog-"));
      const broker = await Mosquitto.start(directory, [
        "allow_anonymous true",
        "max_queued_messages 0",
        "max_inflight_messages 0",
      ]);
      const url = `mqtt://127.0.0.1:${broker.port}`;
      const tier = { days: 14, bytes: null };
      const said: string[] = [];
      const store = await openDirectory(join(directory, "store"), (line) => said.push(line));
      const manager = await Manager.open({
        store,
        session: { broker: brokerToRead({ mqtt: url, mqtt_version: "5" }, {}), clientId: "manager" },
        brokerName: "the broker",
        units: null,
        retention: { raw: tier, fiveMinutes: tier, hours: tier, runs: { days: 60 } },
        sealEveryMs: 500,
        say: (level, line) => level === "error" && said.push(line),
      });
      manager.start();
      try {
        await until("subscribed", () => manager.hindrance === null);
        await publish(url, live);
        // One column is made after another.
        const madeOf = async (hour: number) => {
          const counts = await Promise.all(COLUMNS.map(async (name) => {
            const [column] = await store.hours(UNIT, name, hour, hour);
            const ofTasks = [...column?.rolls ?? []].filter(([id]) =>
              manager.state.tasks.get(id)!.taskId !== ""
            );
            return ofTasks.reduce((sum, [, { n }]) => sum + n, 0);
          }));
          return Math.min(...counts);
        };
        await until("the first hour is made", async () => await madeOf(start) === new Truth(live).count);

        await broker.stop("SIGTERM");
        await until("away", () => manager.hindrance === "the broker is away");
        await broker.start();
        await until("back", () => manager.hindrance === null);
        await publish(url, messages.filter(({ at }) => at >= away));
        const hours = [start, start + HOUR_MS];
        await until("all is made", async () => {
          const counts = await Promise.all(hours.map(madeOf));
          return counts[0] + counts[1] === truth.count;
        });
        await until(
          "all is sealed",
          () => [...manager.state.agents.values()].every((agent) => agent.isStored),
        );

        assert.equal(truth.tasks.size, 12);
        for (const key of truth.tasks.keys()) {
          const [propletId, taskId] = key.split("/");
          const task = manager.state.findTask(UNIT, propletId, taskId)!;
          const chunks = await store.chunks(task.agent.id, start, start + 2 * HOUR_MS);
          const times = chunks.flatMap(({ data }) => decodeChunk(data).get(task.id) ?? []).map(({ time }) =>
            time
          );
          assert.deepEqual(times.sort((a, b) => a - b), truth.tasks.get(key)!.map(({ time }) => time));
          const stored = (await rollsIn(store, task.agent.id, start, start + 2 * HOUR_MS)).get(task.id)!;
          for (const column of COLUMNS) {
            const own = [...stored].map(([bucket, columns]) => [bucket, columns.get(column)!] as const);
            assert.deepEqual(
              rounded(own),
              rounded(truth.rolls(key, column, 5 * MINUTE_MS)),
              `${key}: ${column}`,
            );
            const byHour = (await store.hours(UNIT, column, start, start + HOUR_MS))
              .map(({ hour, rolls }) => [hour, new Map(rolls).get(task.id)!] as const);
            assert.deepEqual(
              rounded(byHour),
              rounded(truth.rolls(key, column, HOUR_MS)),
              `${key}: ${column}`,
            );
          }
        }
        assert.equal(manager.state.counts.repeated, 0);
        assert.deepEqual(said, []);
      } finally {
        await manager.close();
        await broker.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    },
  );
});
