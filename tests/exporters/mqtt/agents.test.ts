/* Several agents at one broker: the presence of each, and an access list that holds each to its own topics. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { presenceMessageSchema } from "../../../core/schema/presence_message.ts";
import type { PresenceMessage } from "../../../core/schema/presence_message.ts";
import type { ExportInput } from "../../../exporters/settings.ts";
import { openExporters } from "../../../exporters/open.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { ROOT } from "../../support/fixture.ts";
import { opened } from "../support/open.ts";
import type { Opened } from "../support/open.ts";
import { healthMessage } from "../support/sample_messages.ts";
import { Cutter } from "./support/cutter.ts";
import { message, readMessage } from "./support/messages.ts";
import { Mosquitto, noMosquitto, Subscriber } from "./support/mosquitto.ts";
import type { Arrived } from "./support/mosquitto.ts";

const PREFIX = "m/d/c/c/control/proplet";
const LIMIT = { skip: noMosquitto, timeout: 60_000 };
const AGENTS = ["node-a", "node-b"];

/** The access list of the documentation. */
const documentedList = () => /```acl\n(.*?)```/s.exec(readFileSync(`${ROOT}/docs/exporters.md`, "utf8"))![1];

/**
 * A broker with that list, and with an account for each agent and for a manager.
 * @param more rights for this test alone
 */
async function withListedBroker(use: (broker: Mosquitto) => Promise<void>, more = ""): Promise<void> {
  await withDirectory(async (directory) => {
    for (const name of [...AGENTS, "manager"]) {
      const create = name === AGENTS[0] ? ["-c"] : [];
      const made = spawnSync("mosquitto_passwd", [
        ...create,
        "-b",
        `${directory}/passwords`,
        name,
        `of ${name}`,
      ]);
      assert.equal(made.status, 0, String(made.stderr));
    }
    writeFileSync(`${directory}/acl`, `${documentedList()}${more}`);
    await using broker = await Mosquitto.start(directory, [
      "allow_anonymous false",
      `password_file ${directory}/passwords`,
      `acl_file ${directory}/acl`,
    ]);
    await use(broker);
  });
}

/** An agent's exporters. @param user whose password it knows */
function agent(port: number, proplet_id: string, user: string, more: ExportInput = {}): Promise<Opened> {
  const mqtt = `mqtt://${user}@127.0.0.1:${port}`;
  return opened({ mqtt, domain: "d", channel: "c", topic_style: "agent", proplet_id, ...more }, {
    PROCTOR_MQTT_PASSWORD: `of ${user}`,
  });
}

/** What a manager sees. */
function manager(port: number, topic = "m/#"): Promise<Subscriber> {
  return Subscriber.start(port, topic, ["-u", "manager", "-P", "of manager"]);
}

const presenceOf = ({ payload }: Arrived): PresenceMessage =>
  presenceMessageSchema.strict().parse(JSON.parse(payload.toString()));
const saysOf = (arrived: readonly Arrived[], name: string) =>
  arrived.filter(({ topic }) => topic === `${PREFIX}/alive/${name}`).map((one) => presenceOf(one).status);

describe("agents at one broker", { concurrency: 1 }, () => {
  test("publish all that they have at topics that end in their names", LIMIT, async () => {
    await withListedBroker(async (broker) => {
      await using reader = await manager(broker.port);
      for (const name of AGENTS) {
        await using one = await agent(broker.port, name, name);
        one.exporters.message({ ...message(1), proplet_id: name });
        one.exporters.health({ ...healthMessage(), proplet_id: name });
        one.exporters.event({ timestamp: "2026-01-31T12:00:00.000Z", kind: "transition", id: "a" });
        await one.exporters.close(10_000);
        assert.deepEqual([one.report().sent_count, one.report().dropped_count, one.notices], [3, 0, []]);
        await reader.until((arrived) => saysOf(arrived, name).at(-1) === "offline", "the farewell");
        const own = reader.arrived.splice(0);
        assert.deepEqual(
          [...new Set(own.map(({ topic }) => topic))].sort(),
          ["alive", "events", "metrics", "task_metrics"].map((topic) => `${PREFIX}/${topic}/${name}`),
        );
        const event = JSON.parse(String(own.find(({ topic }) => topic.includes("/events/"))!.payload));
        assert.equal(event.proplet_id, name);
        assert.equal(event.agent_id, one.exporters.agentId);
      }
    });
  });

  test("cannot report as another, nor say that it has gone", LIMIT, async () => {
    await withListedBroker(async (broker) => {
      await using reader = await manager(broker.port);
      await using honest = await agent(broker.port, "node-a", "node-a");
      honest.exporters.message({ ...message(1), proplet_id: "node-a" });
      await reader.until(({ length }) => length === 2, "the honest one");
      await using way = await Cutter.open(broker.port);
      await using liar = await agent(way.port, "node-a", "node-b");
      liar.exporters.message({ ...message(2), proplet_id: "node-a" });
      await liar.until(() => liar.report().dropped_count === 1, "a refusal");
      const refused = `mqtt: mqtt://127.0.0.1:${way.port}: it does not allow us to; ` +
        "check user name, password and its access list; ";
      assert.deepEqual(liar.notices, [
        `${refused}what we publish of our being there is dropped`,
        `${refused}what it does not take on ${PREFIX}/task_metrics/node-a is dropped`,
      ]);
      // Neither by its last will, nor by its farewell.
      way.cut();
      await liar.until(() => liar.report().failed_count >= 1, "the end of its connection");
      await liar.exporters.close(10_000);
      honest.exporters.message({ ...message(3), proplet_id: "node-a" });
      await reader.until(({ length }) => length >= 3, "the honest one again");
      assert.deepEqual(saysOf(reader.arrived, "node-a"), ["online"]);
      const tasks = reader.arrived.filter(({ topic }) => topic === `${PREFIX}/task_metrics/node-a`);
      assert.deepEqual(tasks.map(({ payload }) => readMessage(payload).aggregated.sample_count), [1, 3]);
    });
  });

  test("cannot read what others say", LIMIT, async () => {
    await withListedBroker(async (broker) => {
      const account = ["-u", "node-b", "-P", "of node-b"];
      await using spy = await Subscriber.start(broker.port, "m/#", [...account, "-t", "marker"]);
      await using reader = await manager(broker.port);
      await using one = await agent(broker.port, "node-a", "node-a");
      one.exporters.message(message(1));
      await reader.until(({ length }) => length === 2, "what the manager sees");
      // What was sent before the marker would have come before it.
      const sent = spawnSync("mosquitto_pub", [
        ...["-p", String(broker.port), ...account, "-t", "marker", "-q", "1", "-m", "x"],
      ]);
      assert.equal(sent.status, 0, String(sent.stderr));
      await spy.until(({ length }) => length > 0, "the marker");
      assert.deepEqual(spy.arrived.map(({ topic }) => topic), ["marker"]);
    }, "\nuser node-b\ntopic readwrite marker\n");
  });

  for (const mqtt_version of ["5", "3.1.1"]) {
    test(
      `are there or gone, each for itself, for those who come later (MQTT ${mqtt_version})`,
      LIMIT,
      async () => {
        await withDirectory(async (directory) => {
          await using broker = await Mosquitto.start(directory);
          await using early = await Subscriber.start(broker.port, `${PREFIX}/alive/#`);
          const input = { domain: "d", channel: "c", mqtt_version };
          const way = await Cutter.open(broker.port);
          await using _lost = await opened({
            ...input,
            mqtt: `mqtt://127.0.0.1:${way.port}`,
            proplet_id: "lost",
          });
          const agent_id = "unit 7";
          const mqtt = `mqtt://127.0.0.1:${broker.port}`;
          await using _there = await opened({ ...input, mqtt, proplet_id: "there", agent_id });
          await using gone = await opened({ ...input, mqtt, proplet_id: "gone" });
          await early.until(
            (arrived) => ["lost", "there", "gone"].every((name) => saysOf(arrived, name).includes("online")),
            "all three",
          );
          await gone.exporters.close(10_000);
          await way[Symbol.asyncDispose]();
          await early.until((arrived) => saysOf(arrived, "lost").at(-1) === "offline", "a last will");
          await using later = await Subscriber.start(broker.port, `${PREFIX}/alive/#`);
          await later.until(({ length }) => length === 3, "what is retained");
          const found = later.arrived.map(presenceOf);
          assert.deepEqual(
            Object.fromEntries(found.map(({ proplet_id, status }) => [proplet_id, status])),
            { lost: "offline", there: "online", gone: "offline" },
          );
          assert.ok(later.arrived.every(({ topic, retained }) => retained && topic !== `${PREFIX}/alive`));
          const mine = found.find(({ proplet_id }) => proplet_id === "there")!;
          assert.equal(mine.agent_id, agent_id);
          assert.ok(Math.abs(Date.parse(mine.since) - performance.timeOrigin) < 2, mine.since);
          assert.ok(Date.parse(mine.since) <= Date.parse(mine.timestamp));
          // Those that read the topic of all hear the same, as it comes.
          const shared = early.arrived.filter(({ topic }) => topic === `${PREFIX}/alive`);
          assert.deepEqual(shared.map((one) => [presenceOf(one).proplet_id, presenceOf(one).status]).sort(), [
            ["gone", "offline"],
            ["gone", "online"],
            ["lost", "online"],
            ["there", "online"],
          ]);
        });
      },
    );
  }

  test("tell it one by one to a broker that takes no more at a time", LIMIT, async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory, [
        "allow_anonymous true",
        "max_inflight_messages 1",
      ]);
      await using reader = await Subscriber.start(broker.port, "#");
      for (const mqtt_qos of [1, 2]) {
        const input = {
          domain: "d",
          channel: "c",
          mqtt: `mqtt://127.0.0.1:${broker.port}`,
          proplet_id: "one",
        };
        await using one = await opened({ ...input, mqtt_qos });
        for (let number = 1; number <= 20; number++) {
          one.exporters.message(message(number));
          one.exporters.health(healthMessage());
        }
        await one.exporters.close(20_000);
        const { sent_count, dropped_count, failed_count } = one.report();
        assert.deepEqual([sent_count, dropped_count, failed_count, one.notices], [40, 0, 0, []]);
        await reader.until((arrived) => saysOf(arrived, "one").at(-1) === "offline", "the farewell");
        const said = reader.arrived.splice(0).filter(({ topic }) => topic.startsWith(`${PREFIX}/alive`));
        assert.deepEqual(
          said.map(({ topic }) => topic.slice(PREFIX.length)).filter((_, index) => index < 2),
          [
            "/alive",
            "/alive/one",
          ],
        );
      }
    });
  });

  test("put right what another of their name has said, with their next health", LIMIT, async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory);
      const input = { domain: "d", channel: "c", mqtt: `mqtt://127.0.0.1:${broker.port}`, proplet_id: "one" };
      await using reader = await Subscriber.start(broker.port, `${PREFIX}/alive/one`);
      await using stays = await opened(input);
      await reader.until((arrived) => saysOf(arrived, "one").length === 1, "the first");
      await using goes = await opened(input);
      await reader.until((arrived) => saysOf(arrived, "one").length === 2, "the second");
      await goes.exporters.close(10_000);
      stays.exporters.health(healthMessage());
      await reader.until((arrived) => saysOf(arrived, "one").length === 4, "its word");
      assert.deepEqual(saysOf(reader.arrived, "one"), ["online", "online", "offline", "online"]);
      await using later = await Subscriber.start(broker.port, `${PREFIX}/alive/#`);
      await later.until(({ length }) => length === 1, "what is retained");
      assert.equal(presenceOf(later.arrived[0]).status, "online");
    });
  });

  test("are not spoken for by a run of their host", LIMIT, async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory);
      await using reader = await Subscriber.start(broker.port, "#");
      const run = await openExporters({
        ...{ domain: "d", channel: "c", mqtt: `mqtt://127.0.0.1:${broker.port}`, proplet_id: "one" },
      }, { isAgent: false, variables: {} });
      run.message(message(1));
      await run.close(10_000);
      await reader.until(({ length }) => length === 3, "all of it");
      assert.deepEqual(reader.arrived.map(({ topic }) => topic), [
        `${PREFIX}/alive`,
        `${PREFIX}/task_metrics`,
        `${PREFIX}/alive`,
      ]);
      await using later = await Subscriber.start(broker.port, "#");
      await using marker = await opened({ mqtt: `mqtt://127.0.0.1:${broker.port}`, topic: "marker" });
      marker.exporters.message(message(2));
      await later.until(({ length }) => length === 1, "the marker");
      assert.equal(later.arrived[0].topic, "marker", "nothing was retained");
    });
  });
});
