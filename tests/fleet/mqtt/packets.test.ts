import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { MqttFault } from "../../../fleet/mqtt/fault.ts";
import { PacketCutter } from "../../../fleet/mqtt/packet_cutter.ts";
import { readPacket } from "../../../fleet/mqtt/read_packet.ts";
import type { IncomingPacket, ProtocolVersion, PublishPacket } from "../../../fleet/mqtt/read_packet.ts";
import { answers, packet } from "../../../fleet/mqtt/write_packet.ts";
import { connack, counted, publishPacket, suback } from "./support/made_packets.ts";

const MOST = 100_000;

/** What is read of chunks, until a fault. */
function read(chunks: readonly Uint8Array[], version: ProtocolVersion, most = MOST) {
  const cutter = new PacketCutter(most);
  const packets: IncomingPacket[] = [];
  let fault: string | null = null;
  try {
    for (const chunk of chunks) cutter.push(chunk, (raw) => packets.push(readPacket(raw, version)));
  } catch (error) {
    assert.ok(error instanceof MqttFault, String(error));
    fault = error.message;
  }
  return { packets, fault };
}

/** The same bytes in pieces of these lengths, and the rest. */
function split(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) chunks.push(bytes.subarray(at, at += length));
  return [...chunks, bytes.subarray(at)];
}

/** So that two readings are the same whichever memory their bytes are in. */
const plain = (packets: readonly IncomingPacket[]) =>
  packets.map((one) =>
    Object.entries(one).map(([name, value]) => [name, value instanceof Uint8Array ? [...value] : value])
  );

const version = fc.constantFrom<ProtocolVersion>(4, 5);
const bytes = (most: number) => fc.uint8Array({ maxLength: most });
const properties = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 1 }).map((value) => Buffer.of(0x01, value)),
    bytes(20).map((value) => Buffer.concat([Buffer.of(0x09), counted(value)])),
    fc.tuple(bytes(9), bytes(9)).map(([a, b]) => Buffer.concat([Buffer.of(0x26), counted(a), counted(b)])),
    fc.integer({ min: 0, max: 127 }).map((value) => Buffer.of(0x0b, value)),
    fc.constant(Buffer.of(0x02, 0, 0, 1, 0)),
  ),
  { maxLength: 3 },
).map((all) => Buffer.concat(all));
const message = fc.record({
  topic: bytes(40),
  payload: fc.oneof(bytes(20), bytes(400)),
  qos: fc.integer({ min: 0, max: 2 }),
  packetId: fc.integer({ min: 1, max: 65_535 }),
  isRetained: fc.boolean(),
});

describe("packets", () => {
  test("are the same however their bytes are split", () => {
    fc.assert(fc.property(
      version,
      fc.array(fc.tuple(message, properties), { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 }),
      fc.integer({ min: 50, max: 600 }),
      (version, messages, lengths, most) => {
        const stream = Buffer.concat(messages.flatMap(([message, properties]) => [
          publishPacket(message, version === 5 ? properties : null),
          Buffer.of(0xd0, 0),
        ]));
        const whole = read([stream], version, most);
        const parts = read(split(stream, lengths), version, most);
        assert.equal(whole.fault, null);
        assert.deepEqual(plain(parts.packets), plain(whole.packets));
        assert.equal(whole.packets.length, 2 * messages.length);
        for (const [index, [{ topic, payload, qos, packetId, isRetained }]] of messages.entries()) {
          const packet = whole.packets[2 * index] as PublishPacket;
          assert.equal(packet.topic, Buffer.from(topic).toString());
          assert.deepEqual([packet.qos, packet.isRetained], [qos, isRetained]);
          assert.equal(packet.packetId, qos === 0 ? 0 : packetId);
          if (packet.length <= most) assert.deepEqual([...packet.payload!], [...payload]);
          else if (packet.length > 65_539) assert.equal(packet.payload, null);
        }
      },
    ));
  });

  test("are not copied where one chunk has all of them", () => {
    const stream = publishPacket({ topic: "t", payload: Buffer.alloc(1_000, 7) });
    const [one] = read([stream], 4).packets as PublishPacket[];
    assert.equal(one.payload!.buffer, stream.buffer);
  });

  test("that are random never cost more than a fault, nor do those with a byte changed", () => {
    fc.assert(
      fc.property(version, fc.array(bytes(60), { maxLength: 10 }), (version, chunks) => {
        read(chunks, version);
      }),
      { numRuns: 500 },
    );
    const good = Buffer.concat([
      connack(5, 0, true, Buffer.of(0x13, 0, 30)),
      suback(5, 1, 1),
      publishPacket({ topic: "m/d/c/c/x", payload: Buffer.from("{}"), qos: 1 }, Buffer.of(0x01, 1)),
      packet(0x62, Buffer.of(0, 9)),
      packet(0xe0, Buffer.of(0x8e, 5, 0x1f, 0, 2, 0x61, 0x62)),
    ]);
    assert.equal(read([good], 5).fault, null);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bad = Buffer.from(good);
        bad[at] = value;
        read([bad], 5);
      }),
      { numRuns: 500 },
    );
  });

  test("over the bound are read past, and what comes behind is read", () => {
    const payload = Buffer.alloc(300_000, 1);
    const stream = Buffer.concat([
      publishPacket({ topic: "big", payload, qos: 1, packetId: 77 }, Buffer.of()),
      publishPacket({ topic: "small", payload: Buffer.from("x") }, Buffer.of()),
    ]);
    for (const length of [stream.length, 1_000, 65_536]) {
      const chunks = split(stream, Array(Math.floor(stream.length / length)).fill(length));
      const [big, small] = read(chunks, 5).packets as PublishPacket[];
      assert.deepEqual([big.topic, big.packetId, big.qos, big.payload], ["big", 77, 1, null]);
      assert.ok(big.length > 300_000);
      assert.deepEqual([small.topic, small.payload!.length], ["small", 1]);
    }
  });
});

describe("what is no packet is told", () => {
  const cases: [what: string, bytes: Uint8Array, version: ProtocolVersion, fault: string][] = [
    [
      "a length of five bytes",
      Buffer.of(0x30, 255, 255, 255, 255, 1),
      4,
      "the length of a packet has more than four bytes",
    ],
    [
      "a large SUBACK",
      Buffer.of(0x90, 0xff, 0xff, 0xff, 0x7f),
      4,
      "it sends a packet of type 9 with 268435455 bytes",
    ],
    [
      "QoS 3",
      packet(0x36, counted("t"), Buffer.of(0, 1)),
      4,
      "its PUBLISH has a quality of service that there is not",
    ],
    ["a topic without an end", packet(0x30, Buffer.of(0, 9, 0x61)), 4, "its PUBLISH ends too early"],
    ["packet ID 0", packet(0x32, counted("t"), Buffer.of(0, 0)), 4, "its PUBLISH has no packet ID"],
    ["flags", packet(0xd1), 4, "its PINGRESP has the wrong flags"],
    ["a tail", packet(0xd0, Buffer.of(1)), 4, "its PINGRESP is too long"],
    ["a packet of a client", packet(0xc0), 5, "it sends PINGREQ, which it may not"],
    ["AUTH", packet(0xf0), 5, "it sends AUTH, which it may not"],
    ["DISCONNECT of 3.1.1", packet(0xe0), 4, "it sends DISCONNECT, which it may not"],
    ["type 0", packet(0x00), 4, "it sends a packet of type 0"],
    [
      "an unknown property",
      publishPacket({ topic: "t", payload: Buffer.of() }, Buffer.of(0x7f)),
      5,
      "its PUBLISH has the unknown property 127",
    ],
    [
      "an alias",
      publishPacket({ topic: "", payload: Buffer.of() }, Buffer.of(0x23, 0, 1)),
      5,
      "it uses an alias of a topic, which we allow it none of",
    ],
    [
      "a property twice",
      connack(5, 0, false, Buffer.of(0x13, 0, 1, 0x13, 0, 2)),
      5,
      "its CONNACK has the property 19 twice",
    ],
    ["a property that is cut", connack(5, 0, false, Buffer.of(0x13, 0)), 5, "its CONNACK ends too early"],
    ["flags of CONNACK", packet(0x20, Buffer.of(2, 0)), 4, "its CONNACK has the wrong flags"],
  ];
  for (const [what, bytes, version, fault] of cases) {
    test(what, () => assert.equal(read([bytes], version).fault, fault));
  }
});

test("answers are one piece of bytes, in their order", () => {
  const both = answers([[0x40, 1], [0x50, 0x1234]]);
  assert.deepEqual([...both], [0x40, 2, 0, 1, 0x50, 2, 0x12, 0x34]);
});

test("a broker of 3.1.1 refuses version 5 in its own way", () => {
  const [refusal] = read([Buffer.of(0x20, 2, 0, 1)], 5).packets;
  assert.deepEqual(refusal, {
    kind: "connack",
    code: 1,
    isSessionPresent: false,
    serverKeepAlive: null,
    reason: null,
  });
});
