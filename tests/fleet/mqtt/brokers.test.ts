import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Publisher } from "../../../bench/fleet/simulator/publisher.ts";
import { brokerToRead } from "../../../fleet/mqtt/broker.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { makeCertificates, noOpenssl } from "../../exporters/support/certificates.ts";
import { noNats, startNats } from "./support/nats.ts";
import { Reader, readerSettings } from "./support/reader.ts";
import type { ReaderOptions } from "./support/reader.ts";

const TOPIC = "m/d/c/c/control/proplet/task_metrics";
const upTo = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
const PROGRAM = fileURLToPath(new URL("./support/reading_program.ts", import.meta.url));

/** A broker, whichever it is. */
interface TestBroker extends AsyncDisposable {
  readonly port: number;
}

/** Publish with QoS 1; resolves when the broker has all. */
async function publish(
  port: number,
  payloads: readonly (string | Uint8Array)[],
  isRetained = false,
): Promise<void> {
  const publisher = await Publisher.open(brokerAt(port), `publisher-${port}`);
  for (const payload of payloads) {
    await publisher.publish({ topic: TOPIC, payload: Buffer.from(payload as string), isRetained });
  }
  await publisher.drained();
  await publisher.close();
}

const brokerAt = (port: number) => brokerToRead({ mqtt: `mqtt://127.0.0.1:${port}`, mqtt_version: "5" }, {});

/** Read in a process of its own until it has so many messages, and kill it. @returns what it has read */
async function readAndKill(port: number, options: ReaderOptions, acknowledged: number, count: number) {
  const args = "Deno" in globalThis ? ["run", "--no-check", "--allow-all"] : [];
  const child = spawn(
    process.execPath,
    [...args, PROGRAM, JSON.stringify(readerSettings(port, options)), String(acknowledged)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = new Promise((resolve) => child.once("close", resolve));
  const payloads: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    if (payloads.push(line) === count) break;
  }
  child.kill("SIGKILL");
  await ended;
  return payloads;
}

const MOSQUITTO = ["allow_anonymous true", "max_inflight_messages 1000", "max_queued_messages 100000"];
const kinds: [
  name: string,
  skip: string | false,
  version: "5" | "3.1.1",
  start: (directory: string) => Promise<TestBroker>,
][] = [
  ["Mosquitto, MQTT 5", noMosquitto, "5", (directory) => Mosquitto.start(directory, MOSQUITTO)],
  ["Mosquitto, MQTT 3.1.1", noMosquitto, "3.1.1", (directory) => Mosquitto.start(directory, MOSQUITTO)],
  ["NATS, MQTT 3.1.1", noNats, "3.1.1", startNats],
];

for (const [name, skip, mqtt_version, start] of kinds) {
  const mqtt = { mqtt_version };
  const withBroker = (use: (port: number) => Promise<void>) =>
    withDirectory(async (directory) => {
      await using broker = await start(directory);
      const { port } = broker;
      await use(port);
    });
  const options = (port: number): ReaderOptions => ({
    broker: brokerToRead({ mqtt: `mqtt://127.0.0.1:${port}`, mqtt_version }, {}),
  });

  describe(name, { concurrency: 1 }, () => {
    test("messages come whole and in order, and those that the broker had kept say so", {
      skip,
      timeout: 120_000,
    }, async () => {
      await withBroker(async (port) => {
        await publish(port, ["kept"], true);
        await using reader = await Reader.open(port, { mqtt, ...options(port) });
        await reader.count(1);
        assert.deepEqual([reader.payloads, reader.deliveries[0].isRetained], [["kept"], true]);
        const large = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, at) => at * 7));
        await publish(port, [...upTo(2_000), large]);
        await reader.count(2_002);
        assert.deepEqual(reader.payloads.slice(1, -1), upTo(2_000));
        assert.ok(large.equals(reader.deliveries.at(-1)!.payload));
        assert.ok(
          reader.deliveries.slice(1).every(({ topic, isRetained }) => topic === TOPIC && !isRetained),
        );
        assert.deepEqual(reader.states, [["connecting", null], ["subscribed", null]]);
      });
    });

    test("what was published while nobody was there waits", { skip, timeout: 120_000 }, async () => {
      await withBroker(async (port) => {
        await (await Reader.open(port, options(port))).session.close();
        await publish(port, upTo(500));
        await using reader = await Reader.open(port, options(port));
        await reader.count(500);
        assert.deepEqual(reader.payloads, upTo(500));
      });
    });

    test(
      "what a killed reader had not acknowledged comes to the next",
      { skip, timeout: 120_000 },
      async () => {
        await withBroker(async (port) => {
          await (await Reader.open(port, options(port))).session.close();
          await publish(port, upTo(300));
          assert.deepEqual(await readAndKill(port, options(port), 100, 300), upTo(300));
          await using reader = await Reader.open(port, options(port));
          await reader.until(() => reader.payloads.includes("300"));
          // What was acknowledged may come again, where the acknowledgement died with the reader.
          const missing = upTo(300).slice(100).filter((payload) => !reader.payloads.includes(payload));
          assert.deepEqual(missing, []);
        });
      },
    );
  });
}

describe("a broker", { concurrency: 1 }, () => {
  test("that wants certificates and a password", {
    skip: noMosquitto || noOpenssl,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      makeCertificates(directory);
      writeFileSync(`${directory}/password`, "secret\n");
      await using broker = await Mosquitto.start(directory, [
        "allow_anonymous true",
        ...[
          `cafile ${directory}/ca.crt`,
          `certfile ${directory}/server.crt`,
          `keyfile ${directory}/server.key`,
        ],
        "require_certificate true",
      ]);
      const url = `mqtts://127.0.0.1:${broker.port}`;
      const mqtt = {
        ...{ mqtt: url, mqtt_user: "u", mqtt_password_file: `${directory}/password` },
        ...{
          mqtt_ca: `${directory}/ca.crt`,
          mqtt_cert: `${directory}/client.crt`,
          mqtt_key: `${directory}/client.key`,
        },
      };
      await using reader = await Reader.open(broker.port, { mqtt });
      const publisher = await Publisher.open(brokerToRead({ mqtt_version: "5", ...mqtt }, {}), "publisher");
      for (const payload of upTo(200)) {
        await publisher.publish({ topic: TOPIC, payload: Buffer.from(payload), isRetained: false });
      }
      await publisher.drained();
      await publisher.close();
      await reader.count(200);
      assert.deepEqual(reader.payloads, upTo(200));

      await using stranger = new Reader(broker.port, { mqtt: { mqtt: url } });
      await stranger.until(() => stranger.state === "away");
      assert.equal(
        stranger.why,
        "its certificate is not signed by a trusted authority; give the signer's by mqtt_ca",
      );
      await using nobody = new Reader(broker.port, { mqtt: { mqtt: url, mqtt_ca: `${directory}/ca.crt` } });
      await nobody.until(() => nobody.state === "away");
      assert.match(nobody.why!, /^it wants a certificate of ours|^the connection was broken off|^it closes/);
    });
  });

  test(
    "that does not know us, that goes, and comes back",
    { skip: noMosquitto, timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        await using broker = await Mosquitto.start(directory, ["allow_anonymous false"]);
        await using refused = new Reader(broker.port);
        await refused.until(() => refused.state === "away");
        assert.match(refused.why!, /^it does not (let us in|allow us to); check user name/);
      });
      await withDirectory(async (directory) => {
        await using broker = await Mosquitto.start(directory);
        await using reader = await Reader.open(broker.port);
        await broker.stop();
        await reader.until(() => reader.states.some(([, why]) => why === "nothing listens there"));
        await broker.start();
        await reader.until(() => reader.state === "subscribed");
        await publish(broker.port, upTo(3));
        await reader.count(3);
      });
    },
  );

  test("that has given our session to another says so, and is left alone for long", {
    skip: noMosquitto,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      await using broker = await Mosquitto.start(directory);
      await using first = await Reader.open(broker.port);
      await using second = await Reader.open(broker.port);
      // This one does not say so: it throws each of them out for the other, until one of them sees what goes on.
      const guess = /as when another client has our client ID; the next try is in (\d+) s$/;
      const seen = await Promise.race([first, second].map(async (reader) => {
        await reader.until(() => guess.test(reader.why ?? ""));
        return reader;
      }));
      assert.ok(Number(guess.exec(seen.why!)![1]) >= 30, seen.why!);
      const other = seen === first ? second : first;
      await other.until(() => other.state === "subscribed");
    });
  });
});
