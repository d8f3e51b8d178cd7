import { MqttFault, REASON } from "./fault.ts";
import { FieldReader } from "./field_reader.ts";
import { PUBLISH } from "./packet_cutter.ts";
import type { RawPacket } from "./packet_cutter.ts";
import { passProperties, PROPERTY, readProperties } from "./properties.ts";

/** The version of the protocol, as CONNECT numbers it: 3.1.1 is 4. */
export type ProtocolVersion = 4 | 5;

/** A message. */
export interface PublishPacket {
  readonly kind: "publish";
  readonly qos: 0 | 1 | 2;
  readonly isRetained: boolean;
  readonly topic: string;
  /** 0 for QoS 0. */
  readonly packetId: number;
  /** Null where the packet is oversized. */
  readonly payload: Uint8Array | null;
  /** Bytes of the whole packet after its length. */
  readonly length: number;
}

/** The answer to CONNECT. */
export interface ConnackPacket {
  readonly kind: "connack";
  readonly code: number;
  readonly isSessionPresent: boolean;
  readonly serverKeepAlive: number | null;
  readonly reason: string | null;
}

/** What a broker sends to a client that only reads. */
export type IncomingPacket =
  | PublishPacket
  | ConnackPacket
  | { readonly kind: "suback"; readonly packetId: number; readonly codes: Uint8Array }
  | { readonly kind: "pubrel"; readonly packetId: number }
  | { readonly kind: "pingresp" }
  | { readonly kind: "disconnect"; readonly code: number; readonly reason: string | null };

const NAMES: Readonly<Record<number, string>> = {
  1: "CONNECT",
  2: "CONNACK",
  3: "PUBLISH",
  4: "PUBACK",
  5: "PUBREC",
  6: "PUBREL",
  7: "PUBCOMP",
  8: "SUBSCRIBE",
  9: "SUBACK",
  10: "UNSUBSCRIBE",
  11: "UNSUBACK",
  12: "PINGREQ",
  13: "PINGRESP",
  14: "DISCONNECT",
  15: "AUTH",
};

/**
 * What a packet says.
 * @throws MqttFault for one that no broker may send to us
 */
export function readPacket(raw: RawPacket, version: ProtocolVersion): IncomingPacket {
  const type = raw.first >> 4;
  const fields = new FieldReader(raw.body, NAMES[type] ?? "packet");
  if (type === PUBLISH) return readPublish(raw, fields, version);
  const flags = raw.first & 0xf;
  if (flags !== (type === 6 ? 2 : 0)) throw new MqttFault(`its ${fields.what} has the wrong flags`);
  const packet = readOther(type, fields, version);
  if (fields.left > 0) throw new MqttFault(`its ${fields.what} is too long`);
  return packet;
}

function readPublish(
  { first, body, length }: RawPacket,
  fields: FieldReader,
  version: ProtocolVersion,
): PublishPacket {
  const qos = first >> 1 & 3;
  if (qos === 3) throw new MqttFault("its PUBLISH has a quality of service that there is not");
  const topic = fields.text();
  const packetId = qos === 0 ? 0 : readPacketId(fields);
  const isWhole = body.length === length;
  if (isWhole && version === 5) passProperties(fields);
  return {
    kind: "publish",
    qos: qos as 0 | 1 | 2,
    isRetained: (first & 1) === 1,
    topic,
    packetId,
    payload: isWhole ? fields.rest() : null,
    length,
  };
}

function readPacketId(fields: FieldReader): number {
  const packetId = fields.uint16();
  if (packetId === 0) throw new MqttFault(`its ${fields.what} has no packet ID`, REASON.protocol);
  return packetId;
}

function readOther(type: number, fields: FieldReader, version: ProtocolVersion): IncomingPacket {
  switch (type) {
    case 2:
      return readConnack(fields, version);
    case 6: {
      const packetId = readPacketId(fields);
      if (version === 5 && fields.left > 0) fields.byte();
      if (version === 5 && fields.left > 0) readProperties(fields);
      return { kind: "pubrel", packetId };
    }
    case 9: {
      const packetId = readPacketId(fields);
      if (version === 5) readProperties(fields);
      return { kind: "suback", packetId, codes: fields.rest() };
    }
    case 13:
      return { kind: "pingresp" };
    case 14: {
      if (version === 4) break;
      const code = fields.left > 0 ? fields.byte() : 0;
      const properties = fields.left > 0 ? readProperties(fields) : undefined;
      return { kind: "disconnect", code, reason: textOf(properties?.get(PROPERTY.reasonString)) };
    }
  }
  const name = NAMES[type] === undefined ? `a packet of type ${type}` : `${NAMES[type]}, which it may not`;
  throw new MqttFault(`it sends ${name}`, REASON.protocol);
}

function readConnack(fields: FieldReader, version: ProtocolVersion): ConnackPacket {
  const flags = fields.byte();
  if (flags > 1) throw new MqttFault("its CONNACK has the wrong flags");
  const code = fields.byte();
  // A broker of 3.1.1 refuses a client of 5 in its own way.
  const properties = version === 5 && (code === 0 || fields.left > 0) ? readProperties(fields) : undefined;
  const keepAlive = properties?.get(PROPERTY.serverKeepAlive);
  return {
    kind: "connack",
    code,
    isSessionPresent: flags === 1,
    serverKeepAlive: typeof keepAlive === "number" ? keepAlive : null,
    reason: textOf(properties?.get(PROPERTY.reasonString)),
  };
}

function textOf(value: number | string | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
