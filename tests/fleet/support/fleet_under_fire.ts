/* Several managers on one store, a fleet that publishes to them, and whatever befalls them meanwhile. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { fleetMessages } from "../../../bench/fleet/simulator/fleet.ts";
import { SMALL_FLEET } from "../../../bench/fleet/simulator/plan.ts";
import type { FleetMessage, FleetPlan } from "../../../bench/fleet/simulator/plan.ts";
import { Publisher } from "../../../bench/fleet/simulator/publisher.ts";
import { readMessage } from "../../../fleet/ingest/read_message.ts";
import { brokerToRead } from "../../../fleet/mqtt/broker.ts";
import { openPostgres } from "../../../fleet/store/postgres/open.ts";
import { CPU, increaseIn, ManagerProcess, stored, usedBy } from "./manager_process.ts";

const CHANNELS = 4;
const MESSAGES_A_BLOW = 120;

/** Managers of equal rank, and the fleet that they share. */
export class FleetUnderFire implements AsyncDisposable {
  readonly managers: ManagerProcess[] = [];
  readonly #expected = new Map<string, [number, number][]>();
  readonly #plan: FleetPlan;
  readonly #messages: FleetMessage[];
  #publisher!: Publisher;

  private constructor(
    readonly url: string,
    /** Where each manager reaches the broker: a cluster has several ports. */
    readonly ports: readonly number[],
    readonly version: "5" | "3.1.1",
    blows: number,
  ) {
    const [agents, tasks, intervalMs, batch] = [8, 4, 1_000, 4];
    // Of each agent and interval there is one of its tasks, and one of itself.
    const ticks = Math.ceil((blows + 1) * MESSAGES_A_BLOW / (2 * agents));
    const startAt = Date.now() - ticks * intervalMs - 5_000;
    this.#plan = {
      ...SMALL_FLEET,
      ...{ agents, tasks, intervalMs, batch, startAt, channels: CHANNELS, gzip: true },
    };
    this.#messages = [...fleetMessages(this.#plan, startAt + ticks * intervalMs)];
  }

  /**
   * Start managers, and wait until each unit has one.
   * @param blows how often something is to befall them
   */
  static async open(
    url: string,
    ports: readonly number[],
    count: number,
    blows: number,
    version: "5" | "3.1.1" = "5",
  ): Promise<FleetUnderFire> {
    const fleet = new FleetUnderFire(url, ports, version, blows);
    for (let number = 0; number < count; number++) fleet.startManager();
    const sender = brokerToRead({ mqtt: `mqtt://127.0.0.1:${ports[0]}`, mqtt_version: "3.1.1" }, {});
    fleet.#publisher = await Publisher.open(sender, "fleet");
    // What is published before a unit has a session is nobody's.
    const hello = fleet.#messages.filter(({ topic }) => topic.includes("/alive"));
    while (!fleet.isShared(fleet.managers)) {
      for (const message of hello) await fleet.#publisher.publish(message);
      await pause(50);
    }
    return fleet;
  }

  startManager(): ManagerProcess {
    const port = this.ports[this.managers.length % this.ports.length]!;
    const manager = new ManagerProcess(port, this.url, this.version);
    this.managers.push(manager);
    return manager;
  }

  /** Whether some managers have every unit between them, each of them once. */
  isShared(managers: readonly ManagerProcess[]): boolean {
    const held = managers.flatMap(({ told }) => told.held);
    return held.length === CHANNELS && new Set(held).size === CHANNELS;
  }

  /** Publish some of it. */
  async publish(count = MESSAGES_A_BLOW): Promise<void> {
    for (const message of this.#messages.splice(0, count)) {
      await this.#publisher.publish(message);
      for (const arrival of readMessage({ ...message, receivedAt: Date.now() }).arrivals) {
        if (arrival.kind !== "sample") continue;
        const name = `${arrival.sender.propletId} ${arrival.taskId}`;
        this.#expected.set(name, [
          ...this.#expected.get(name) ?? [],
          [arrival.time, arrival.figures[CPU]!],
        ]);
      }
    }
    await this.#publisher.drained();
  }

  /** Wait until some managers have every unit. @returns how long that took, ms */
  async untilShared(managers: readonly ManagerProcess[]): Promise<number> {
    const began = performance.now();
    while (!this.isShared(managers)) await pause(10);
    return performance.now() - began;
  }

  /** Publish the rest, end all managers in order, and hold what is stored against what was published. */
  async check(): Promise<void> {
    await this.publish(Infinity);
    let least = Infinity;
    for (const samples of this.#expected.values()) least = Math.min(least, samples.at(-1)![0]);
    const { agents, tasks } = this.#plan;
    // Each of them knows all, whoever has taken it in.
    for (const manager of this.managers) await manager.until(agents * (tasks + 1), least);
    const store = await openPostgres(this.url);
    try {
      for (let isSealed = false; !isSealed; await pause(50)) {
        isSealed = true;
        for await (const _ of store.replay(null)) isSealed = false;
      }
      for (const manager of this.managers) assert.equal(await manager.end("SIGTERM"), 0);
      const found = await stored(store, this.#plan.domain);
      assert.equal(this.#expected.size, agents * tasks);
      let used = 0;
      for (const [name, samples] of this.#expected) {
        const own = found.get(name) ?? [];
        assert.deepEqual(own.map(({ time, figures }) => [time, figures[CPU]]), samples, name);
        used += usedBy(own);
      }
      const added = await increaseIn(store, this.#plan.domain);
      assert.ok(used > 0 && Math.abs(added / used - 1) < 1e-9, `${added} of ${used}`);
    } finally {
      await store.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const manager of this.managers) await manager[Symbol.asyncDispose]();
    await this.#publisher?.close();
  }
}
