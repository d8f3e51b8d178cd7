import type { Arrival } from "../model/arrival.ts";
import { openBody } from "./body.ts";
import type { Fault } from "./fault.ts";
import { healthBytes } from "./health_bytes.ts";
import { isFields, LONGEST_TEXT_BYTES, shortened } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { readHealth } from "./host_reader.ts";
import { MESSAGE_LIMITS } from "./limits.ts";
import type { MessageLimits } from "./limits.ts";
import { readEnd, readEvent, readFacts, readPresence } from "./news_reader.ts";
import { Reading } from "./reading.ts";
import type { Published } from "./reading.ts";
import type { ShapeReader } from "./shape_reader.ts";
import { taskBytes } from "./task_bytes.ts";
import { readTask } from "./task_reader.ts";
import { readTopic } from "./topics.ts";
import type { TopicKind, TopicPlace } from "./topics.ts";

/** What a publish tells, what of it is not taken in, and how many bytes it took to find out. */
export interface ReadMessage {
  readonly arrivals: readonly Arrival[];
  readonly faults: readonly Fault[];
  /** Messages of the payload, and its bytes when it is unpacked. */
  readonly count: number;
  readonly bytes: number;
  /** The latest time that a reading is said to be of; minus infinity where none has one. */
  readonly latest: number;
}

const READERS: Readonly<Record<TopicKind, (message: Fields, reading: Reading) => void>> = {
  task: readTask,
  health: readHealth,
  presence: readPresence,
  facts: readFacts,
  end: readEnd,
  event: readEvent,
  // The end of an invocation says nothing of its task.
  invocation: (message, reading) => void reading.senderOf(message),
};

/** What comes often is read from its bytes first. */
const BY_BYTES: Readonly<Partial<Record<TopicKind, ShapeReader>>> = { task: taskBytes, health: healthBytes };

/** What a publish tells. Whatever it is, this neither throws nor takes more than the limits allow. */
export function readMessage(
  published: Published,
  limits: MessageLimits = MESSAGE_LIMITS,
): ReadMessage {
  const place = readTopic(published.topic);
  return place === null ? ofNoTopic(published.topic) : readPayload(place, published, limits);
}

/** The same where what the topic tells is known. */
export function readPayload(place: TopicPlace, published: Published, limits: MessageLimits): ReadMessage {
  const { payload } = published;
  // A retained topic is cleared by an empty payload: the agent was taken away.
  if (payload.byteLength === 0) return { arrivals: [], faults: [], count: 0, bytes: 0, latest: -Infinity };
  const reader = BY_BYTES[place.kind];
  const direct = reader ? new Reading(place, published, limits, payload.byteLength) : null;
  const body = openBody(payload, limits, direct && ((bytes, most) => reader!.read(bytes, direct, most)));
  if (direct !== null && "count" in body) {
    return { ...body, arrivals: direct.arrivals, faults: [], latest: direct.latest };
  }
  const reading = new Reading(place, published, limits, body.bytes);
  if ("reason" in body) {
    reading.refuse(body.reason, body.detail);
    const { arrivals, faults, latest } = reading;
    return { arrivals, faults, count: 1, bytes: body.bytes, latest };
  }
  const read = READERS[place.kind];
  const items = "items" in body ? body.items : [];
  for (const item of items) {
    if (isFields(item)) read(item, reading);
    else reading.refuse("schema", "is not an object");
  }
  const { arrivals, faults, latest } = reading;
  return { arrivals, faults, count: Math.max(1, items.length), bytes: body.bytes, latest };
}

/** Nothing of it is looked at. */
export function ofNoTopic(topic: string): ReadMessage {
  const fault: Fault = {
    reason: "topic",
    unit: null,
    agent: null,
    detail: shortened(topic, LONGEST_TEXT_BYTES),
  };
  return { arrivals: [], faults: [fault], count: 1, bytes: 0, latest: -Infinity };
}
