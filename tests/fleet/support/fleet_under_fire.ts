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
import { eventually } from "../../support/eventually.ts";
import { ToldAlerts } from "./told_alerts.ts";
import { CPU, increaseIn, ManagerProcess, stored, usedBy } from "./manager_process.ts";

const CHANNELS = 4;
const MESSAGES_A_BLOW = 120;
/** Figures are known for a minute. */
const LONGEST_MS = 20_000;
/** What takes longer does not come. */
const PATIENCE_MS = 60_000;
/** Rules have bounds at these parts of all samples, so that tasks pass them one after the other. */
const PARTS = [0.1, 0.3, 0.5, 0.7, 0.9];

/** Managers of equal rank, and the fleet that they share. */
export class FleetUnderFire implements AsyncDisposable {
  readonly managers: ManagerProcess[] = [];
  readonly #expected = new Map<string, [number, number][]>();
  #plan!: FleetPlan;
  #messages!: FleetMessage[];
  #publisher!: Publisher;
  #told!: ToldAlerts;
  /** By rule, the CPU time that a task has to have used to be told of. */
  readonly #bounds: ReadonlyMap<string, number>;

  private constructor(
    readonly url: string,
    /** Where each manager reaches the broker: a cluster has several ports. */
    readonly ports: readonly number[],
    readonly version: "5" | "3.1.1",
    readonly blows: number,
    readonly environment: Readonly<Record<string, string>>,
    readonly environmentOf: (at: number) => Readonly<Record<string, string>>,
  ) {
    this.#makeMessages();
    const figures = this.#messages.flatMap(samplesOf).map(({ cpu }) => cpu).sort((a, b) => a - b);
    this.#bounds = new Map(
      PARTS.map((part) => [`spent_${part * 10}`, figures[Math.floor(part * figures.length)]!]),
    );
  }

  /** All that is published, of the time until now: but for that it is the same each time. */
  #makeMessages(): void {
    const [agents, tasks, batch] = [8, 4, 4];
    // Of each agent and interval there is one of its tasks, and one of itself.
    const ticks = Math.ceil((this.blows + 1) * MESSAGES_A_BLOW / (2 * agents));
    const intervalMs = Math.min(1_000, Math.floor(LONGEST_MS / ticks));
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
   * @param environment of each manager
   * @param environmentOf what else one has, by how many there are already
   */
  static async open(
    url: string,
    ports: readonly number[],
    count: number,
    blows: number,
    version: "5" | "3.1.1" = "5",
    environment: Readonly<Record<string, string>> = {},
    environmentOf: (at: number) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<FleetUnderFire> {
    const fleet = new FleetUnderFire(url, ports, version, blows, environment, environmentOf);
    fleet.#told = await ToldAlerts.open();
    for (let number = 0; number < count; number++) fleet.startManager();
    await fleet.connect();
    // What is published before a unit has a session is nobody's.
    const hello = fleet.#messages.filter(({ topic }) => topic.includes("/alive"));
    while (!fleet.isShared(fleet.managers)) {
      for (const message of hello) await fleet.#publisher.publish(message);
      await pause(50);
    }
    fleet.#makeMessages();
    return fleet;
  }

  /** Connect whoever publishes, again where its broker has ended it. */
  async connect(): Promise<void> {
    const sender = brokerToRead({ mqtt: `mqtt://127.0.0.1:${this.ports[0]}`, mqtt_version: "3.1.1" }, {});
    this.#publisher = await Publisher.open(sender, "fleet");
  }

  /** All that was published so far: by host and task, times and CPU seconds. */
  get published(): ReadonlyMap<string, readonly (readonly [time: number, cpu: number])[]> {
    return this.#expected;
  }

  startManager(): ManagerProcess {
    const at = this.managers.length;
    const port = this.ports[at % this.ports.length]!;
    const manager = new ManagerProcess(port, this.url, this.version, {
      ...this.environment,
      ...this.environmentOf(at),
      PROCTOR_TEST_ALERTS: this.#alerts(),
    });
    this.managers.push(manager);
    return manager;
  }

  /** Whether some managers have every unit between them, each of them once. */
  isShared(managers: readonly ManagerProcess[]): boolean {
    const held = managers.flatMap(({ told }) => told.held);
    return held.length === CHANNELS && new Set(held).size === CHANNELS;
  }

  /** Wait until every unit has a manager, and every manager a unit. */
  async untilEachHasSome(): Promise<void> {
    await eventually(
      () => this.isShared(this.managers) && this.managers.every(({ told }) => told.held.length > 0),
      PATIENCE_MS,
      () => `each manager has units: ${JSON.stringify(this.managers.map(({ told }) => told))}`,
    );
  }

  /** Publish some of it. */
  async publish(count = MESSAGES_A_BLOW): Promise<void> {
    for (const message of this.#messages.splice(0, count)) {
      await this.#publisher.publish(message);
      for (const { name, time, cpu } of samplesOf(message)) {
        this.#expected.set(name, [...this.#expected.get(name) ?? [], [time, cpu]]);
      }
    }
    await this.#publisher.drained();
  }

  /** Wait until some managers have every unit. @returns how long that took, ms */
  async untilShared(managers: readonly ManagerProcess[]): Promise<number> {
    const began = performance.now();
    await eventually(() => this.isShared(managers), PATIENCE_MS, () => {
      return `every unit has a manager: ${JSON.stringify(managers.map(({ told }) => told))}`;
    });
    return performance.now() - began;
  }

  /**
   * Publish the rest, end all managers in order, and hold what is stored against what was published.
   * @param withAlerts whether what was told is, too: figures have to come while they are fresh
   */
  async check(withAlerts = true): Promise<void> {
    await this.publish(Infinity);
    let least = Infinity;
    for (const samples of this.#expected.values()) least = Math.min(least, samples.at(-1)![0]);
    const { agents, tasks } = this.#plan;
    // Each of them knows all, whoever has taken it in.
    await eventually(
      () => this.managers.every(({ told }) => told.tasks >= agents * (tasks + 1) && told.least >= least),
      PATIENCE_MS,
      () => `all know all up to ${least}: ${JSON.stringify(this.managers.map(({ told }) => told))}`,
    );
    if (withAlerts) await this.#checkAlerts();
    const store = await openPostgres(this.url);
    try {
      let missing: readonly string[] = [];
      await eventually(
        async () => {
          for await (const _ of store.replay(null)) return false;
          // What was with a manager that was killed comes again when the broker thinks it is time, behind all else.
          const found = await stored(store, this.#plan.domain);
          missing = [...this.#expected].filter(([name, { length }]) =>
            (found.get(name) ?? []).length < length
          )
            .map(([name]) => name);
          return missing.length === 0;
        },
        PATIENCE_MS,
        () => `all is sealed; of these something is missing: ${missing.join(", ")}`,
      );
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

  /** Every rule has told every task that has passed its bound, once. */
  async #checkAlerts(): Promise<void> {
    const wanted = new Set<string>();
    for (const [rule, bound] of this.#bounds) {
      for (const [name, samples] of this.#expected) {
        if (samples.at(-1)![1] > bound) wanted.add(`${rule} ${name}`);
      }
    }
    await eventually(
      () => this.#told.counts().size >= wanted.size,
      PATIENCE_MS,
      () =>
        `${wanted.size} alerts: ${[...wanted].join(", ")}; told: ${
          [...this.#told.counts().keys()].join(", ")
        }`,
    );
    const counts = this.#told.counts();
    assert.equal(counts.size, wanted.size);
    assert.deepEqual([...counts].filter(([, count]) => count !== 1), []);
  }

  #alerts(): string {
    const never = { wait: "0s", interval: "0s", repeat: "0s" };
    return JSON.stringify({
      rules: [...this.#bounds].map(([alert, bound]) => ({
        alert,
        of: "task",
        when: `cpu_seconds > ${bound}`,
      })),
      notifiers: [{ name: "hook", webhook: this.#told.url, private: true, most_per_hour: 10_000, ...never }],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const manager of this.managers) await manager[Symbol.asyncDispose]();
    await this.#publisher?.close();
    await this.#told[Symbol.asyncDispose]();
  }
}

function samplesOf(message: FleetMessage): { name: string; time: number; cpu: number }[] {
  return readMessage({ ...message, receivedAt: Date.now() }).arrivals.flatMap((arrival) =>
    arrival.kind !== "sample" ? [] : [{
      name: `${arrival.sender.propletId} ${arrival.taskId}`,
      time: arrival.time,
      cpu: arrival.figures[CPU]!,
    }]
  );
}
