/* Packets as a broker sends them. */
import { packet } from "../../../../fleet/mqtt/write_packet.ts";

/** Bytes with their length before them. */
export function counted(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** PUBLISH. @param properties of MQTT 5, without their length; null: 3.1.1 */
export function publishPacket(
  message: {
    topic: string | Uint8Array;
    payload: Uint8Array;
    qos?: number;
    packetId?: number;
    isRetained?: boolean;
  },
  properties: Uint8Array | null = null,
): Buffer {
  const { topic, payload, qos = 0, packetId = 1, isRetained = false } = message;
  return packet(
    0x30 | qos << 1 | (isRetained ? 1 : 0),
    counted(topic),
    qos === 0 ? Buffer.of() : Buffer.of(packetId >> 8, packetId & 0xff),
    properties === null ? Buffer.of() : Buffer.concat([Buffer.of(properties.length), properties]),
    payload,
  );
}

/** CONNACK of MQTT 5, or of 3.1.1. */
export function connack(
  version: 4 | 5,
  code = 0,
  isSessionPresent = false,
  properties = Buffer.of(),
): Buffer {
  const tail = version === 5 ? [Buffer.of(properties.length), properties] : [];
  return packet(0x20, Buffer.of(isSessionPresent ? 1 : 0, code), ...tail);
}

/** SUBACK to our subscription. */
export function suback(version: 4 | 5, ...codes: number[]): Buffer {
  return packet(0x90, Buffer.of(0, 1), version === 5 ? Buffer.of(0) : Buffer.of(), Buffer.from(codes));
}
