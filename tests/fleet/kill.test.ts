import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "../../bench/lib/seeded_random.ts";
import { fleetMessages } from "../../bench/fleet/simulator/fleet.ts";
import { SMALL_FLEET } from "../../bench/fleet/simulator/plan.ts";
import { Publisher } from "../../bench/fleet/simulator/publisher.ts";
import { decodeChunk } from "../../fleet/chunk/chunk.ts";
import { decodeRolls } from "../../fleet/chunk/rolls.ts";
import { COLUMN_AT } from "../../fleet/model/column.ts";
import { brokerToRead } from "../../fleet/mqtt/broker.ts";
import { readMessage } from "../../fleet/ingest/read_message.ts";
import type { StoredSample } from "../../fleet/model/view.ts";
import type { Store } from "../../fleet/store/contract.ts";
import { openDirectory } from "../../fleet/store/sqlite/open.ts";
import { Mosquitto, noMosquitto } from "../exporters/mqtt/support/mosquitto.ts";
import { runtimeCommand } from "../support/linux.ts";

/** More of them by the variable, for who has the time. */
const KILLS = Number(process.env.PROCTOR_TEST_KILLS ?? 12);
const TICKS = 20 * KILLS;
const CPU = COLUMN_AT.get("cpu_seconds")!;

/** A manager in a process of its own. */
class ManagerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  /** How many tasks it knows; those of the fleet, hosts among them; and the least of their last times. */
  told = { all: 0, tasks: 0, least: -Infinity };
  #wake = () => {};

  constructor(port: number, directory: string) {
    const [program, ...words] = runtimeCommand("../fleet/support/manage_program.ts");
    this.#child = spawn(program, [...words, String(port), directory, "150"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface(this.#child.stdout!).on("line", (line) => {
      this.told = JSON.parse(line);
      this.#wake();
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", (code) => resolve(code)));
  }

  /** Resolves when it has told of all tasks up to a time, or has ended. */
  async until(tasks: number, time: number): Promise<void> {
    while (this.#child.exitCode === null && !(this.told.tasks >= tasks && this.told.least >= time)) {
      await Promise.race([new Promise<void>((resolve) => this.#wake = resolve), this.#ended]);
    }
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    // ChildProcess.kill of Deno would tell of the signal, however the process ends.
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(this.#child.pid!, signal);
    }
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}

/** Every sample of a domain that is stored, by task. */
async function stored(store: Store, domain: string): Promise<Map<string, StoredSample[]>> {
  const samples = new Map<string, StoredSample[]>();
  const names = new Map<number, string>();
  const agents = new Map<number, string>();
  for await (const { id, unit, propletId } of store.agents(null)) {
    if (unit.startsWith(`${domain}/`)) agents.set(id, propletId);
  }
  for await (const { id, agent, taskId } of store.tasks(null)) {
    names.set(id, `${agents.get(agent)} ${taskId}`);
  }
  for (const agent of agents.keys()) {
    for (const { data } of await store.chunks(agent, 0, Date.now() + 1e9)) {
      for (const [task, rows] of decodeChunk(data)) {
        const name = names.get(task) ?? `no task ${task}`;
        samples.set(name, [...samples.get(name) ?? [], ...rows]);
      }
    }
  }
  for (const all of samples.values()) all.sort((a, b) => a.time - b.time);
  return samples;
}

/** What the five-minute buckets of a domain add up to. */
async function increaseIn(store: Store, domain: string): Promise<number> {
  let sum = 0;
  for await (const { id, unit } of store.agents(null)) {
    if (!unit.startsWith(`${domain}/`)) continue;
    for (const { data } of await store.rolls(id, 0, Date.now() + 1e9)) {
      for (const buckets of decodeRolls(data).values()) {
        for (const columns of buckets.values()) sum += columns.get("cpu_seconds")?.increase ?? 0;
      }
    }
  }
  return sum;
}

/** What samples of a task say that it has used. */
function usedBy(samples: readonly StoredSample[]): number {
  let sum = 0;
  for (const [n, { figures, begins }] of samples.entries()) {
    if (begins) sum += figures[CPU];
    else if (n > 0) sum += figures[CPU] - samples[n - 1].figures[CPU];
  }
  return sum;
}

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
