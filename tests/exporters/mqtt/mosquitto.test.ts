import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { withDirectory } from "../../cli/support/directory.ts";
import { makeCertificates, noOpenssl } from "../support/certificates.ts";
import { opened } from "../support/open.ts";
import { Cutter } from "./support/cutter.ts";
import { checked, message, numberOf, readMessage } from "./support/messages.ts";
import { Mosquitto, noMosquitto, Subscriber } from "./support/mosquitto.ts";
import type { Arrived } from "./support/mosquitto.ts";

const TASKS = "m/d/c/c/control/proplet/task_metrics";
const ALIVE = "m/d/c/c/control/proplet/alive";
const OWN = `${ALIVE}/proplet`;
const IDENTITY = { domain: "d", channel: "c" };
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const numbersOf = (arrived: readonly Arrived[]) =>
  arrived.map(({ payload }) => numberOf(readMessage(payload)));

/** A broker and what it needs in a directory of its own. */
async function withBroker(
  use: (broker: Mosquitto, directory: string) => Promise<void>,
  // A subscriber that lags on a busy machine misses nothing: by default the broker drops what waits beyond a thousand.
  lines: (directory: string) => string[] = () => ["allow_anonymous true", "max_queued_messages 0"],
  prepare: (directory: string) => void = () => {},
): Promise<void> {
  await withDirectory(async (directory) => {
    prepare(directory);
    await using broker = await Mosquitto.start(directory, lines(directory));
    await use(broker, directory);
  });
}

describe("Mosquitto and MQTT 5", { concurrency: 1 }, () => {
  for (const qos of [0, 1, 2] as const) {
    test(`QoS ${qos}: all arrive once, in order, and say what they are`, {
      skip: noMosquitto,
      timeout: 60_000,
    }, async () => {
      await withBroker(async (broker) => {
        await using subscriber = await Subscriber.start(broker.port, "#");
        await using proctor = await opened({
          ...IDENTITY,
          mqtt: `mqtt://127.0.0.1:${broker.port}`,
          mqtt_qos: qos,
        });
        for (const number of upTo(1_000)) proctor.exporters.message(message(number));
        await proctor.exporters.close(20_000);
        await subscriber.until(({ length }) => length >= 1_004, "all");
        const births = subscriber.arrived.slice(0, 2);
        const rest = subscriber.arrived.slice(2, -2);
        const ends = subscriber.arrived.slice(-2);
        for (const [both, status] of [[births, "online"], [ends, "offline"]] as const) {
          assert.deepEqual(both.map(({ topic }) => topic), [ALIVE, OWN]);
          assert.deepEqual(both.map(({ payload }) => JSON.parse(payload.toString()).status), [
            status,
            status,
          ]);
        }
        assert.deepEqual(numbersOf(rest), upTo(1_000));
        for (const { topic, contentType, qos: seen } of rest) {
          assert.deepEqual([topic, contentType, seen], [TASKS, "application/json", Math.min(qos, 1)]);
        }
        const { sent_count, dropped_count, failed_count } = proctor.report();
        assert.deepEqual([sent_count, dropped_count, failed_count], [1_000, 0, 0]);
        // The next one to look finds us gone, and not by our last will.
        await using later = await Subscriber.start(broker.port, `${ALIVE}/#`);
        await later.until(({ length }) => length === 1, "what is retained");
        assert.ok(later.arrived[0].retained);
        assert.deepEqual([later.arrived[0].topic, later.arrived[0].payload], [OWN, ends[1].payload]);
      });
    });
  }

  test("batches in gzip are announced", { skip: noMosquitto, timeout: 60_000 }, async () => {
    await withBroker(async (broker) => {
      await using subscriber = await Subscriber.start(broker.port, "m/d/c/c/metrics/proplet");
      await using proctor = await opened({
        ...IDENTITY,
        mqtt: `mqtt://127.0.0.1:${broker.port}`,
        topic_style: "rust",
        mqtt_batch: 100,
        mqtt_gzip: true,
      });
      for (const number of upTo(250)) proctor.exporters.message(message(number));
      await proctor.exporters.close(20_000);
      await subscriber.until(({ length }) => length === 3, "three batches");
      const batches = subscriber.arrived.map(({ contentType, userProperties, payload }) => {
        assert.deepEqual([contentType, userProperties], ["application/json", "content-encoding:gzip"]);
        return JSON.parse(gunzipSync(payload).toString()).map((one: unknown) => numberOf(checked(one)));
      });
      assert.deepEqual(batches, [upTo(100), upTo(200).slice(100), upTo(250).slice(200)]);
    });
  });

  for (const qos of [1, 2] as const) {
    const promise = qos === 1
      ? "nothing is lost, and each is first seen in order"
      : "each arrives exactly once, in order";
    test(`QoS ${qos} over a connection that keeps breaking: ${promise}`, {
      skip: noMosquitto,
      timeout: 90_000,
    }, async () => {
      await withBroker(async (broker) => {
        await using way = await Cutter.open(broker.port);
        await using subscriber = await Subscriber.start(broker.port, TASKS);
        await using proctor = await opened({
          ...IDENTITY,
          mqtt: `mqtt://127.0.0.1:${way.port}`,
          mqtt_qos: qos,
        });
        let number = 0;
        for (let cut = 0; cut < 8; cut++) {
          const before = proctor.report().sent_count;
          for (let count = 0; count < 300; count++) proctor.exporters.message(message(++number));
          await proctor.until(() => proctor.report().sent_count >= before + 100, "some have got through");
          // Some of what the broker takes now, it takes without our knowing.
          way.holdAnswers(true);
          await pause(cut * 3);
          way.cut();
          way.holdAnswers(false);
        }
        await proctor.until(() => proctor.report().queued_count === 0, "all are delivered", 60_000);
        await proctor.exporters.close(10_000);
        await subscriber.until(
          (arrived) => arrived.length > 0 && numbersOf(arrived.slice(-1))[0] === number,
          "the last",
        );
        const numbers = numbersOf(subscriber.arrived);
        const firsts = [...new Set(numbers)];
        assert.deepEqual(qos === 2 ? numbers : firsts, upTo(number));
        assert.equal(proctor.report().sent_count, number);
        assert.ok(proctor.report().failed_count >= 8);
        assert.ok(numbers.length - number <= 8 * 64, `${numbers.length - number} came twice`);
      });
    });
  }

  test("a retained message of 2 MB on our topics, from somebody else, does not disturb", {
    skip: noMosquitto,
    timeout: 60_000,
  }, async () => {
    await withBroker(async (broker, directory) => {
      writeFileSync(`${directory}/large`, Buffer.alloc(2_000_000, "x"));
      for (const topic of [TASKS, OWN, "m/d/c/c/control/proplet/metrics"]) {
        const { status } = spawnSync("mosquitto_pub", [
          ...["-p", String(broker.port), "-t", topic, "-r", "-q", "1", "-f", `${directory}/large`],
        ]);
        assert.equal(status, 0);
      }
      await using way = await Cutter.open(broker.port);
      await using proctor = await opened({ ...IDENTITY, mqtt: `mqtt://127.0.0.1:${way.port}` });
      for (const number of upTo(10)) proctor.exporters.message(message(number));
      await proctor.exporters.close(10_000);
      assert.equal(proctor.report().sent_count, 10);
      assert.deepEqual(proctor.notices, []);
      assert.ok(way.answerBytes < 10_000, `${way.answerBytes} bytes were sent to us`);
      await using subscriber = await Subscriber.start(broker.port, "#");
      await subscriber.until(({ length }) => length === 3, "three retained messages");
      const ours = subscriber.arrived.find(({ topic }) => topic === OWN)!;
      assert.equal(JSON.parse(ours.payload.toString()).status, "offline");
    });
  });

  test(
    "a broker that stands still is told of, and harms nobody",
    { skip: noMosquitto, timeout: 60_000 },
    async () => {
      await withBroker(async (broker) => {
        await using proctor = await opened({ ...IDENTITY, mqtt: `mqtt://127.0.0.1:${broker.port}` });
        proctor.exporters.message(message(1));
        await proctor.until(() => proctor.report().sent_count === 1, "the first");
        broker.signal("SIGSTOP");
        proctor.exporters.message(message(2));
        await proctor.until(() => proctor.notices.length > 0, "a word of it", 5_500);
        assert.deepEqual(proctor.notices, [`mqtt: mqtt://127.0.0.1:${broker.port}: it acknowledges nothing`]);
        broker.signal("SIGCONT");
        await proctor.until(() => proctor.report().sent_count === 2, "the second");
      });
    },
  );

  test("what a broker does not allow or is too large for it is dropped, counted and told", {
    skip: noMosquitto,
    timeout: 60_000,
  }, async () => {
    const acl = (directory: string) =>
      writeFileSync(`${directory}/acl`, `topic write t/allowed\ntopic write t/large\n`);
    await withBroker(
      async (broker) => {
        await using proctor = await opened({ mqtt: `mqtt://127.0.0.1:${broker.port}`, topic: "t/{task_id}" });
        for (const task of ["allowed", "forbidden", "forbidden", "allowed"]) {
          proctor.exporters.message(message(1, task));
        }
        proctor.exporters.message({ ...message(1, "large"), proplet_id: "x".repeat(5_000) });
        proctor.exporters.message(message(1, "allowed"));
        await proctor.exporters.close(10_000);
        const { sent_count, dropped_count } = proctor.report();
        assert.deepEqual([sent_count, dropped_count], [3, 3]);
        const there = `mqtt: mqtt://127.0.0.1:${broker.port}`;
        assert.deepEqual(proctor.notices.sort(), [
          `${there}: a message is larger than it takes; what it does not take on t/large is dropped`,
          `${there}: it does not allow us to; check user name, password and its access list; ` +
          "what it does not take on t/forbidden is dropped",
        ]);
      },
      (directory) => ["allow_anonymous true", `acl_file ${directory}/acl`, "max_packet_size 2000"],
      acl,
    );
  });
});

describe("who we are to Mosquitto", { concurrency: 1 }, () => {
  test(
    "user and password; a wrong one is told within five seconds",
    { skip: noMosquitto, timeout: 60_000 },
    async () => {
      await withBroker(
        async (broker) => {
          const input = { ...IDENTITY, mqtt: `mqtt://me@127.0.0.1:${broker.port}` };
          for (const mqtt_version of ["5", "3.1.1"]) {
            await using right = await opened({ ...input, mqtt_version }, { PROCTOR_MQTT_PASSWORD: "right" });
            right.exporters.message(message(1));
            await right.exporters.close(10_000);
            assert.deepEqual([right.report().sent_count, right.notices], [1, []]);
            await using wrong = await opened({ ...input, mqtt_version }, { PROCTOR_MQTT_PASSWORD: "wrong" });
            await wrong.until(() => wrong.notices.length > 0, "a refusal", 5_000);
            await wrong.until(() => wrong.report().failed_count >= 2, "another try");
            assert.equal(wrong.notices.length, 1);
            assert.match(
              wrong.notices[0],
              /^mqtt: mqtt:\/\/127\.0\.0\.1:\d+: it (does not let us in|does not allow us to|refuses the user name)/,
            );
          }
        },
        (directory) => [`password_file ${directory}/passwords`, "allow_anonymous false"],
        (directory) => {
          const made = spawnSync("mosquitto_passwd", ["-c", "-b", `${directory}/passwords`, "me", "right"]);
          assert.equal(made.status, 0, String(made.stderr));
        },
      );
    },
  );

  const secure = (directory: string) => [
    "allow_anonymous true",
    "require_certificate true",
    `cafile ${directory}/ca.crt`,
    `certfile ${directory}/server.crt`,
    `keyfile ${directory}/server.key`,
  ];
  for (const protocol of ["mqtts", "wss"] as const) {
    test(`${protocol}:// with an own CA and a client certificate`, {
      skip: noMosquitto || noOpenssl,
      timeout: 60_000,
    }, async () => {
      await withBroker(
        async (broker, directory) => {
          const input = { ...IDENTITY, mqtt: `${protocol}://localhost:${broker.port}` };
          const ours = { mqtt_cert: `${directory}/client.crt`, mqtt_key: `${directory}/client.key` };
          const mqtt_ca = `${directory}/ca.crt`;
          await using right = await opened({ ...input, ...ours, mqtt_ca });
          right.exporters.message(message(1));
          await right.exporters.close(10_000);
          assert.deepEqual([right.report().sent_count, right.notices], [1, []]);
          for (
            const [wrong, said] of [
              [
                ours,
                /: its certificate is not signed by a trusted authority; give the signer's by mqtt_ca; trying again$/,
              ],
              [
                { mqtt_ca },
                /: it (wants a certificate of ours; give one by mqtt_cert and mqtt_key|closes the)/,
              ],
            ] as const
          ) {
            await using proctor = await opened({ ...input, ...wrong });
            await proctor.until(() => proctor.notices.length > 0, "a word of it", 5_000);
            await proctor.until(() => proctor.report().failed_count >= 2, "another try");
            assert.equal(proctor.notices.length, 1, proctor.notices.join("\n"));
            assert.match(proctor.notices[0], said);
          }
        },
        (directory) => [...(protocol === "wss" ? ["protocol websockets"] : []), ...secure(directory)],
        makeCertificates,
      );
    });
  }

  test("ws:// with a path", { skip: noMosquitto, timeout: 60_000 }, async () => {
    await withBroker(async (broker) => {
      await using proctor = await opened({ ...IDENTITY, mqtt: `ws://127.0.0.1:${broker.port}/mqtt` });
      for (const number of upTo(100)) proctor.exporters.message(message(number));
      await proctor.exporters.close(10_000);
      assert.deepEqual([proctor.report().sent_count, proctor.notices], [100, []]);
    }, () => ["protocol websockets", "allow_anonymous true"]);
  });
});
