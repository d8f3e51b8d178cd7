import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Publisher } from "../../../bench/fleet/simulator/publisher.ts";
import { AlertBook } from "../../../fleet/alert/alert_book.ts";
import { notifierSchema } from "../../../fleet/alert/notify/notifier_schema.ts";
import { ruleSchema } from "../../../fleet/alert/rules/rule_schema.ts";
import { Manager } from "../../../fleet/manager.ts";
import { brokerToRead } from "../../../fleet/mqtt/broker.ts";
import { lookForAbsent } from "../../../fleet/state/absence.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { eventually } from "../../support/eventually.ts";
import { PostOffice } from "../../supervisor/notifications/support/post_office.ts";
import { noNats, startNatsCluster } from "../mqtt/support/nats.ts";
import { Balancer } from "../support/balancer.ts";

const STEP_MS = 10_000;
/** A cluster that has lost a node chooses other leaders first. */
const PATIENCE_MS = 90_000;
const HOSTS = ["web-1", "web-2", "web-3", "web-4"];
const RULES = [
  { alert: "busy", of: "task", when: "cpu_percent > 50", summary: "{proplet_id} is busy" },
  { alert: "gone", of: "host", when: "absent", for: "60s", summary: "{proplet_id} is gone" },
];
const tier = { days: 14, bytes: null };

/** Time as everything in this process sees it; it goes on by leaps as well. */
function leapingClock(): { leap(ms: number): void } & Disposable {
  const real = Date.now;
  let ahead = 0;
  Date.now = () => real() + ahead;
  return {
    leap: (ms) => void (ahead += ms),
    [Symbol.dispose]: () => void (Date.now = real),
  };
}

/** Hosts with a task each, that publish at one node. */
class Hosts implements AsyncDisposable {
  #publisher: Publisher | undefined;

  constructor(readonly port: number) {}

  /** What each of them, by name, says of its task: how busy it is. */
  say(busy: Readonly<Record<string, number>>): Promise<void> {
    const timestamp = new Date(Date.now()).toISOString();
    return this.#publish(
      Object.entries(busy).map(([host, cpu_percent]) => {
        const metrics = { cpu_percent, memory_bytes: 1, timestamp };
        const message = { task_id: "job", proplet_id: host, state: "running", timestamp, metrics };
        return messageOf("task_metrics", message, false);
      }),
    );
  }

  appear(host: string, status: "online" | "offline"): Promise<void> {
    const timestamp = new Date(Date.now()).toISOString();
    const message = { proplet_id: host, status, timestamp, since: timestamp };
    return this.#publish([messageOf(`alive/${host}`, message, true)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publisher?.close();
  }

  /** As agents do: what is not acknowledged, since its node has no word from the others, is sent again. */
  async #publish(messages: readonly ReturnType<typeof messageOf>[]): Promise<void> {
    const sender = { mqtt: `mqtt://127.0.0.1:${this.port}`, mqtt_version: "3.1.1" as const };
    await eventually(
      async () => {
        try {
          this.#publisher ??= await Publisher.open(brokerToRead(sender, {}), "hosts");
          for (const message of messages) await this.#publisher.publish(message);
          await this.#publisher.drained();
          return true;
        } catch {
          this.#publisher = undefined;
          return false;
        }
      },
      PATIENCE_MS,
      () => "the cluster takes what hosts publish",
    );
  }
}

function messageOf(topic: string, message: object, isRetained: boolean) {
  const payload = Buffer.from(JSON.stringify(message));
  return { topic: `m/d/c/c/control/proplet/${topic}`, isRetained, payload };
}

test(
  "over a cluster of NATS that loses a node alerts and absence go on, and its death is nobody's absence",
  { skip: noNats, timeout: 240_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "proctor-nats-"));
    stack.defer(() => rmSync(directory, { recursive: true, force: true }));
    await using office = await PostOffice.open();
    const nodes = await startNatsCluster(directory);
    for (const node of nodes) stack.use(node);
    // Whoever manages is at the node that dies, and at another one afterwards.
    await using balancer = await Balancer.open(nodes.map(({ port }) => port));
    using clock = leapingClock();
    const store = await openDirectory(join(directory, "store"));
    const manager = await Manager.open({
      store,
      session: {
        broker: brokerToRead({ mqtt: `mqtt://127.0.0.1:${balancer.port}`, mqtt_version: "3.1.1" }, {}),
        clientId: "proctor-manager-test",
      },
      ...{ brokerName: "the cluster", units: null, say: () => {} },
      retention: { raw: tier, fiveMinutes: tier, hours: tier, runs: { days: 14 } },
    });
    stack.defer(() => manager.close());
    const hook = { name: "hook", webhook: office.url, private: true, wait: "0s", interval: "0s" };
    const book = await AlertBook.open({
      view: manager.state,
      store,
      rules: RULES.map((rule) => ruleSchema.parse(rule)),
      notifiers: [notifierSchema.parse(hook)],
      now: Date.now,
      say: (line) => assert.fail(line),
    });
    stack.defer(() => book.stop());
    const hosts = stack.use(new Hosts(nodes[1]!.port));
    const agent = (name: string) =>
      [...manager.state.agents.values()].find(({ propletId }) => propletId === name);
    const isSubscribed = () => manager.hindrance === null;
    /** Ten seconds later: hosts say how busy they are, the manager takes it in, and rules are evaluated. */
    const round = async (busy: Readonly<Record<string, number>>) => {
      clock.leap(STEP_MS);
      const since = Date.now();
      await hosts.say(busy);
      if (isSubscribed()) {
        await eventually(
          () => Object.keys(busy).every((host) => (agent(host)?.lastSeen ?? 0) >= since),
          PATIENCE_MS,
          () => `all of ${Object.keys(busy)} are heard`,
        );
      }
      lookForAbsent(manager.state, Date.now());
      await book.tick();
    };
    const told = () =>
      office.all.flatMap(({ text }) => JSON.parse(text).alerts)
        .map(({ status, summary }) => `${status} ${summary}`);
    manager.start();
    await eventually(isSubscribed, PATIENCE_MS, () => "the cluster lets it in");
    for (const host of HOSTS) await hosts.appear(host, "online");
    for (let n = 0; n < 3; n++) await round({ "web-1": 80, "web-2": 5, "web-3": 5, "web-4": 5 });
    assert.deepEqual(told(), ["firing web-1 is busy"]);

    balancer.isOpen = false;
    await nodes[0]![Symbol.asyncDispose]();
    await eventually(() => !isSubscribed(), PATIENCE_MS, () => "its node is gone");
    // Meanwhile one has gone by its own word, one without, and the busy one is another.
    await hosts.appear("web-4", "offline");
    for (let n = 0; n < 8; n++) await round({ "web-1": 5, "web-3": 90 });
    const deaf = "no connection with the broker of d/c: nothing is known of its hosts";
    assert.deepEqual(told().slice(1), [`firing ${deaf}`]);
    balancer.isOpen = true;
    await eventually(isSubscribed, PATIENCE_MS, () => "another node lets it in");
    // What waits at the broker comes when that has read it, a while after the connection.
    await eventually(() => agent("web-4")!.presence === "offline", PATIENCE_MS, () => "the goodbye is heard");
    for (let n = 0; n < 3; n++) await round({ "web-1": 5, "web-3": 90 });
    assert.equal(agent("web-4")!.presence, "offline");
    assert.deepEqual(told().slice(2).sort(), [
      "firing web-3 is busy",
      `resolved ${deaf}`,
      "resolved web-1 is busy",
    ]);
    for (let n = 0; n < 12; n++) await round({ "web-1": 5, "web-3": 90 });
    assert.deepEqual(told().slice(5), ["firing web-2 is gone"]);
    await hosts.appear("web-2", "online");
    for (let n = 0; n < 2; n++) await round({ "web-1": 5, "web-2": 5, "web-3": 90 });
    assert.deepEqual(told().slice(6), ["resolved web-2 is gone"]);
  },
);
