import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eventually } from "../../support/eventually.ts";
import { brokerToRead } from "../../../fleet/mqtt/broker.ts";
import { packet } from "../../../fleet/mqtt/write_packet.ts";
import { connack, counted, publishPacket, suback } from "./support/made_packets.ts";
import { Reader } from "./support/reader.ts";
import type { ReaderOptions } from "./support/reader.ts";
import { ScriptedBroker } from "./support/scripted_broker.ts";
import type { Peer } from "./support/scripted_broker.ts";

const V3 = { mqtt: { mqtt_version: "3.1.1" as const } };
const message = (packetId: number, { qos = 1, text = `message ${packetId}` } = {}, version: 4 | 5 = 5) =>
  publishPacket(
    { topic: "m/d/c/c/x", payload: Buffer.from(text), qos, packetId },
    version === 5 ? Buffer.of() : null,
  );
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const id = (value: number) => Buffer.of(value >> 8, value & 0xff);

/** A reader at a broker of ours; when it is in, unless told otherwise. */
async function withBroker(
  options: ReaderOptions,
  use: (reader: Reader, peer: Peer, broker: ScriptedBroker) => Promise<void>,
  isWelcome = true,
): Promise<void> {
  await using broker = await ScriptedBroker.open();
  await using reader = new Reader(broker.port, options);
  const peer = await broker.next();
  if (isWelcome) {
    await peer.welcome(options.mqtt?.mqtt_version === "3.1.1" ? 4 : 5);
    await reader.until(() => reader.state === "subscribed");
  }
  await use(reader, peer, broker);
}

describe("a session", { concurrency: 1 }, () => {
  test("asks for its own past, by either version", { timeout: 60_000 }, async () => {
    const connects = new Map<string, Buffer>();
    for (const mqtt_version of ["3.1.1", "5"] as const) {
      const options = { mqtt: { mqtt_version, mqtt_user: "me" }, clientId: "id", keepaliveSeconds: 60 };
      await withBroker(options, (_reader, peer) => {
        connects.set(mqtt_version, peer.packets[0][1]);
        const subscribe = Buffer.concat([
          id(1),
          mqtt_version === "5" ? Buffer.of(0) : Buffer.of(),
          counted("m/#"),
          Buffer.of(1),
        ]);
        assert.deepEqual(peer.packets[1], [0x82, subscribe]);
        return Promise.resolve();
      });
    }
    const head = counted("MQTT");
    const tail = [counted("id"), counted("me")];
    assert.deepEqual(connects.get("3.1.1"), Buffer.concat([head, Buffer.of(4, 0x80, 0, 60), ...tail]));
    const properties = Buffer.of(13, 0x11, 0, 0, 0x0e, 0x10, 0x21, 0x03, 0xe8, 0x27, 0, 0x10, 0, 0);
    // The length of all properties stands before them.
    const whole = Buffer.concat([Buffer.of(properties.length - 1), properties.subarray(1)]);
    assert.deepEqual(connects.get("5"), Buffer.concat([head, Buffer.of(5, 0x80, 0, 60), whole, ...tail]));
  });

  test(
    "acknowledges many messages in one write, and none of a connection that is gone",
    { timeout: 60_000 },
    async () => {
      await withBroker({ acknowledges: false }, async (reader, peer, broker) => {
        peer.send(...upTo(100).map((packetId) => message(packetId)), message(0, { qos: 0 }));
        await reader.count(101);
        const before = peer.chunks.length;
        reader.session.acknowledge(reader.deliveries.slice(0, 60));
        await peer.until(() => peer.of(0x40).length === 60);
        assert.deepEqual(peer.of(0x40), upTo(60).map(id));
        assert.equal(peer.chunks.length, before + 1);

        peer.socket.destroy();
        await reader.until(() => reader.state === "connecting");
        const second = await broker.next();
        await second.welcome(5);
        second.send(message(7));
        await reader.count(102);
        reader.session.acknowledge(reader.deliveries.slice(60));
        await second.until(() => second.of(0x40).length > 0);
        assert.deepEqual(second.of(0x40), [id(7)]);
      });
    },
  );

  test("passes over what is too long, in its turn", { timeout: 60_000 }, async () => {
    await withBroker({ acknowledges: false, maximumPacketBytes: 1_000 }, async (reader, peer) => {
      const long = (packetId: number) => message(packetId, { text: "x".repeat(100_000) });
      peer.send(long(1));
      await peer.until(() => peer.of(0x40).length === 1);
      peer.send(message(2), long(3), message(4), long(5));
      await reader.until(() => reader.oversized.length === 3);
      assert.deepEqual(reader.payloads, ["message 2", "message 4"]);
      assert.deepEqual(reader.oversized[0][0], "m/d/c/c/x");
      reader.session.acknowledge(reader.deliveries.slice(0, 1));
      reader.session.acknowledge(reader.deliveries.slice(1));
      await peer.until(() => peer.of(0x40).length === 5);
      assert.deepEqual(peer.of(0x40), upTo(5).map(id));
    });
  });

  test("passes over what fails as it is delivered, in its turn", { timeout: 60_000 }, async () => {
    const failsAt = (text: string) => ["message 1", "message 3", "message 5"].includes(text);
    await withBroker({ acknowledges: false, failsAt }, async (reader, peer) => {
      peer.send(message(1));
      await peer.until(() => peer.of(0x40).length === 1);
      peer.send(message(2), message(3), message(4), message(5), message(6));
      await reader.until(() => reader.failed.length === 3 && reader.deliveries.length === 3);
      assert.deepEqual(reader.failed[0], ["m/d/c/c/x", "Error: cannot take message 1"]);
      assert.deepEqual(reader.payloads, ["message 2", "message 4", "message 6"]);
      assert.deepEqual(peer.of(0x40), [id(1)]);
      reader.session.acknowledge(reader.deliveries.slice(0, 1));
      reader.session.acknowledge(reader.deliveries.slice(1));
      await peer.until(() => peer.of(0x40).length === 6);
      assert.deepEqual(peer.of(0x40), upTo(6).map(id));
    });
  });

  test("hands on what comes with QoS 2 once", { timeout: 60_000 }, async () => {
    await withBroker({}, async (reader, peer) => {
      const twice = message(9, { qos: 2 });
      peer.send(twice);
      await peer.until(() => peer.of(0x50).length === 1);
      peer.send(twice);
      await peer.until(() => peer.of(0x50).length === 2);
      peer.send(packet(0x62, id(9)));
      await peer.until(() => peer.of(0x70).length === 1);
      assert.deepEqual(reader.payloads, ["message 9"]);
      peer.send(message(9, { qos: 2, text: "another" }));
      await reader.count(2);
    });
  });

  test("does not read while it is paused, and misses nothing", { timeout: 60_000 }, async () => {
    await withBroker({ ...V3, keepaliveSeconds: 0.2 }, async (reader, peer) => {
      reader.session.pause();
      const text = "x".repeat(10_000);
      let sent = 0;
      // Until neither socket takes more: what it reads ahead has an end.
      while (peer.socket.writableLength < 5_000_000) peer.send(message(++sent % 65_535 + 1, { text }, 4));
      const answers = () => peer.of(0xc0).length;
      const before = answers();
      await peer.until(() => answers() >= before + 5);
      assert.ok(reader.deliveries.length < sent, `${reader.deliveries.length} of ${sent}`);
      assert.equal(reader.state, "subscribed", "nothing is heard of the broker, which is not a fault of its");
      reader.session.resume();
      await reader.count(sent);
      assert.equal(reader.deliveries.length, sent);
    });
  });

  test("that is paused connects again when it is not", { timeout: 60_000 }, async () => {
    await withBroker({}, async (reader, peer, broker) => {
      peer.socket.destroy();
      await reader.until(() => reader.state === "away");
      reader.session.pause();
      reader.session.resume();
      await (await broker.next()).welcome(5);
      await reader.until(() => reader.state === "subscribed");
    });
  });

  test("that is another's does not connect until it is ours again", { timeout: 60_000 }, async () => {
    let [isOurs, asked] = [true, 0];
    const options = { isOurs: () => ++asked > 0 && isOurs };
    await withBroker(options, async (reader, peer, broker) => {
      isOurs = false;
      asked = 0;
      peer.socket.destroy();
      await eventually(() => asked >= 3);
      assert.deepEqual(reader.states.slice(2).map(([state]) => state), ["away"], "it has not tried");
      isOurs = true;
      await (await broker.next()).welcome(5);
      await reader.until(() => reader.state === "subscribed");
    });
  });

  test("gives signs of life, as often as the broker wants them", { timeout: 60_000 }, async () => {
    await withBroker({ keepaliveSeconds: 600, setupMs: 1_000 }, async (reader, peer) => {
      await peer.until(() => peer.packets.length === 1);
      peer.send(connack(5, 0, false, Buffer.of(0x13, 0, 1)), suback(5, 1));
      for (const count of upTo(3)) {
        await peer.until(() => peer.of(0xc0).length >= count);
        peer.send(packet(0xd0));
      }
      assert.equal(reader.state, "subscribed");
    }, false);
  });

  test("says goodbye, and the broker keeps it", { timeout: 60_000 }, async () => {
    await withBroker({}, async (reader, peer) => {
      await reader.session.close();
      await peer.until(() => peer.isClosed);
      assert.deepEqual(peer.packets.at(-1), [0xe0, Buffer.of()]);
      assert.equal(reader.state, "subscribed");
      reader.session.acknowledge(reader.deliveries);
    });
  });

  test("can be closed before anybody has answered it, with TLS or without", { timeout: 60_000 }, async () => {
    for (const protocol of ["mqtt", "mqtts"]) {
      await using broker = await ScriptedBroker.open();
      const reader = new Reader(broker.port, { mqtt: { mqtt: `${protocol}://127.0.0.1:${broker.port}` } });
      const peer = await broker.next();
      await peer.until(() => peer.chunks.length > 0);
      await reader.session.close();
      await peer.until(() => peer.isClosed);
      assert.deepEqual(reader.states, [["connecting", null]]);
    }
  });
});

describe("a broker that", { concurrency: 1 }, () => {
  /** What is said of it when it does this. */
  const cases: [what: string, options: ReaderOptions, act: (peer: Peer) => unknown, why: string | RegExp][] =
    [
      ["says nothing", { setupMs: 300 }, () => {}, "it does not answer"],
      [
        "does not answer the subscription",
        { setupMs: 300 },
        (peer) => peer.send(connack(5)),
        "it does not answer the subscription",
      ],
      [
        "speaks something else",
        {},
        (peer) => peer.send(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")),
        "it does not speak MQTT",
      ],
      ["begins with a message", {}, (peer) => peer.send(message(1)), "it does not speak MQTT"],
      [
        "refuses the password",
        V3,
        (peer) => peer.send(connack(4, 4)),
        "it refuses the user name or password",
      ],
      [
        "has no version 5",
        {},
        (peer) => peer.send(Buffer.of(0x20, 2, 0, 1)),
        "it does not speak this version of MQTT; try mqtt_version",
      ],
      [
        "says why it refuses",
        {},
        (peer) =>
          peer.send(
            connack(5, 0x8a, false, Buffer.of(8, 0x1f, 0, 5, 0x6e, 0x6f, 0x1b, 0x5b, 0x6d).subarray(1)),
          ),
        "it has banned us (no\\x1b[m)",
      ],
      [
        "refuses a subscription",
        {},
        (peer) => peer.welcome(5, 0x87),
        "no subscription to m/#: it does not allow us to; check user name, password and its access list",
      ],
      [
        "refuses a subscription by 3.1.1",
        V3,
        (peer) => peer.welcome(4, 0x80),
        "no subscription to m/#: it gives no reason",
      ],
      [
        "takes a subscription for QoS 0",
        {},
        (peer) => peer.welcome(5, 0),
        "no subscription to m/#: it takes it with QoS 0 only",
      ],
      [
        "answers two subscriptions",
        {},
        (peer) => peer.welcome(5, 1, 1),
        "it answers a subscription that there is not",
      ],
      ["lets us in twice", {}, async (peer) => {
        await peer.welcome(5);
        peer.send(connack(5));
      }, "it sends CONNACK where it may not"],
      ["sends what is not a packet", {}, async (peer) => {
        await peer.welcome(5);
        peer.send(message(1), Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0xff));
        await peer.until(() => peer.isClosed);
        assert.deepEqual(peer.packets.at(-1), [0xe0, Buffer.of(0x81)]);
      }, "the length of a packet has more than four bytes"],
      ["sends more than we take", { acknowledges: false, receiveMaximum: 2 }, async (peer) => {
        await peer.welcome(5);
        peer.send(message(1), message(2), message(3));
        await peer.until(() => peer.isClosed);
        assert.deepEqual(peer.packets.at(-1), [0xe0, Buffer.of(0x93)]);
      }, "it sends more messages at once than we take"],
      ["stands still", { keepaliveSeconds: 0.2 }, (peer) => peer.welcome(5), "it answers no more"],
      ["sends byte by byte", { keepaliveSeconds: 0.2 }, async (peer) => {
        await peer.welcome(5);
        const drops = message(1, { text: "x".repeat(10_000) });
        let at = 0;
        const drip = setInterval(() => peer.send(drops.subarray(at, ++at)), 5);
        await peer.until(() => peer.isClosed);
        clearInterval(drip);
      }, "it answers no more"],
      ["shuts down", {}, async (peer) => {
        await peer.welcome(5);
        peer.send(packet(0xe0, Buffer.of(0x8b)));
      }, "it is shutting down"],
      ["gives our session to another", {}, async (peer) => {
        await peer.welcome(5);
        peer.send(packet(0xe0, Buffer.of(0x8e)));
      }, /^another client has our client ID; the next try is in ([3-5]\d|60) s$/],
      [
        "closes the connection",
        {},
        (peer) => peer.socket.destroy(),
        /^it closes the connection$|^the connection was broken off$/,
      ],
    ];
  for (const [what, options, act, why] of cases) {
    test(what, { timeout: 60_000 }, async () => {
      await withBroker({ retryMs: 600_000, ...options }, async (reader, peer) => {
        await peer.until(() => peer.packets.length > 0);
        await act(peer);
        await reader.until(() => reader.state === "away");
        if (typeof why === "string") assert.equal(reader.why, why);
        else assert.match(reader.why!, why);
        await peer.until(() => peer.isClosed);
      }, false);
    });
  }

  test("cannot be reached by WebSockets", () => {
    for (const [url, right] of [["ws://h", "mqtt"], ["wss://h/mqtt", "mqtts"]]) {
      assert.throws(() => brokerToRead({ mqtt: url, mqtt_version: "5" }, {}), {
        message: `mqtt: messages are read by mqtt:// and mqtts:// only; write ${right}:// in place of ${
          url.split("/")[0]
        }//`,
      });
    }
  });
});
