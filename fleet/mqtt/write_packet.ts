import { PROPERTY } from "./properties.ts";
import type { ProtocolVersion } from "./read_packet.ts";

/** What a connection begins with. */
export interface ConnectRequest {
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly keepaliveSeconds: number;
  /** Whether the broker is to forget what it has kept for us, and with 3.1.1 to keep nothing. */
  readonly isClean: boolean;
  /** How long the broker keeps the session of a client that is away; 3.1.1 has no say in that. */
  readonly sessionExpirySeconds: number;
  readonly receiveMaximum: number;
  readonly maximumPacketBytes: number;
}

const uint16 = (value: number) => Buffer.of(value >> 8, value & 0xff);
const uint32 = (value: number) =>
  Buffer.of(value >>> 24, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; bytes.length === 0 || left > 0; left = Math.floor(left / 128)) {
    bytes.push(left % 128 + (left >= 128 ? 128 : 0));
  }
  return Buffer.from(bytes);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

/** A packet of this first byte. */
export function packet(first: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(first), varint(length), ...parts]);
}

/** CONNECT. */
export function connectPacket(request: ConnectRequest): Buffer {
  const { version, clientId, username, password, keepaliveSeconds, isClean } = request;
  const flags = (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40) | (isClean ? 2 : 0);
  const properties = Buffer.concat([
    ...[Buffer.of(PROPERTY.sessionExpiry), uint32(request.sessionExpirySeconds)],
    ...[Buffer.of(PROPERTY.receiveMaximum), uint16(request.receiveMaximum)],
    ...[Buffer.of(PROPERTY.maximumPacketSize), uint32(request.maximumPacketBytes)],
  ]);
  return packet(
    0x10,
    ...[text("MQTT"), Buffer.of(version, flags), uint16(keepaliveSeconds)],
    ...version === 5 ? [varint(properties.length), properties] : [],
    text(clientId),
    ...username === undefined ? [] : [text(username)],
    ...password === undefined ? [] : [text(password)],
  );
}

/** SUBSCRIBE to all of these with QoS 1. */
export function subscribePacket(
  packetId: number,
  filters: readonly string[],
  version: ProtocolVersion,
): Buffer {
  const properties = version === 5 ? [Buffer.of(0)] : [];
  return packet(
    0x82,
    uint16(packetId),
    ...properties,
    ...filters.flatMap((filter) => [text(filter), Buffer.of(1)]),
  );
}

/** First bytes of the answers to messages. */
export const ANSWER = { puback: 0x40, pubrec: 0x50, pubcomp: 0x70 } as const;

/** Answers to messages, all in one piece of bytes. */
export function answers(all: readonly (readonly [first: number, packetId: number])[]): Buffer {
  const bytes = Buffer.allocUnsafe(all.length * 4);
  let at = 0;
  for (const [first, packetId] of all) {
    bytes[at++] = first;
    bytes[at++] = 2;
    bytes[at++] = packetId >> 8;
    bytes[at++] = packetId & 0xff;
  }
  return bytes;
}

/** PINGREQ. */
export const PING: Uint8Array = Buffer.of(0xc0, 0);

/** DISCONNECT; its reason is told by MQTT 5 only. */
export function disconnectPacket(code: number, version: ProtocolVersion): Buffer {
  return version === 5 && code !== 0 ? packet(0xe0, Buffer.of(code)) : packet(0xe0);
}
