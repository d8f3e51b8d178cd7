import type { BrokerLimits } from "./connection.ts";
import { LONGEST_TOPIC_BYTES } from "./topic_text.ts";

/** It may be the broker's settings that were wrong: they are asked again after this long. */
const FORGET_MS = 10 * 60_000;
const MOST_TOPICS = 1_000;
/** The most that a packet adds to topic and payload. */
export const HEADER_BYTES = 100;
/** The reason where the broker gives none. */
export const COSTS_CONNECTION = "it ends each connection on which a message is sent";

interface Refused {
  readonly bytes: number;
  readonly atMs: number;
}

/**
 * What brokers end the connection for, as those of MQTT 3.1.1 do that take no message of that size or on that topic.
 * What is as large on the same topic would end the next one.
 */
export class Unwelcome {
  readonly #topics = new Map<string, Refused>();

  /** A message of this size has cost the connection. */
  add(topic: string, bytes: number): void {
    const known = this.#topics.get(topic)?.bytes ?? Infinity;
    this.#topics.delete(topic);
    this.#topics.set(topic, { bytes: Math.min(bytes, known), atMs: performance.now() });
    if (this.#topics.size > MOST_TOPICS) this.#topics.delete(this.#topics.keys().next().value!);
  }

  /** Why a message need not be sent; undefined when nothing speaks against it. */
  refusalOf(topic: string, payloadBytes: number, { packetBytes }: BrokerLimits): string | undefined {
    const topicBytes = Buffer.byteLength(topic);
    if (topicBytes > LONGEST_TOPIC_BYTES) return "a topic is longer than MQTT has";
    if (payloadBytes + topicBytes + HEADER_BYTES > packetBytes) return "a message is larger than it takes";
    return this.has(topic, payloadBytes) ? COSTS_CONNECTION : undefined;
  }

  /** Whether a message would cost it, too. */
  has(topic: string, bytes: number): boolean {
    const refused = this.#topics.get(topic);
    if (!refused) return false;
    if (performance.now() - refused.atMs < FORGET_MS) return bytes >= refused.bytes;
    this.#topics.delete(topic);
    return false;
  }
}
