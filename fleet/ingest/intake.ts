import { topicLevel } from "../../exporters/mqtt/topic_text.ts";
import type { Arrival } from "../model/arrival.ts";
import type { UnitKey } from "../model/unit.ts";
import { Admission } from "./admission.ts";
import type { Fault, Reason } from "./fault.ts";
import { firstSender, saidBytes } from "./first_sender.ts";
import { MESSAGE_LIMITS } from "./limits.ts";
import type { MessageLimits } from "./limits.ts";
import { ofNoTopic, readPayload } from "./read_message.ts";
import type { ReadMessage } from "./read_message.ts";
import type { Published } from "./reading.ts";
import { Refusals } from "./refusals.ts";
import { Tally } from "./tally.ts";
import type { Taken } from "./tally.ts";
import { Topics } from "./topics.ts";
import type { TopicPlace } from "./topics.ts";

/** What is taken in by which limits, and where refusals are counted. */
export interface IntakeParts {
  readonly limits?: MessageLimits;
  readonly admission?: Admission;
  readonly refusals?: Refusals;
  /** Hears the latest time that an agent says it has sampled at, and whether that is refused. */
  readonly heard?: (clock: ToldClock) => void;
}

/** What an agent says of its clock. Times are ms since 1970. */
export interface ToldClock {
  readonly unit: UnitKey;
  readonly agent: string;
  readonly time: number;
  /** By our clock. */
  readonly receivedAt: number;
  /** Whether what it says of that time cannot be taken in. */
  readonly isRefused: boolean;
}

/** With more bytes, as it comes or unpacked, it is found out first whose a payload is: that costs a part of it … */
const LARGE_BYTES = [4 << 10, 64 << 10] as const;
/** … and where more was sent than can be put down to somebody. */
const TIGHT_BYTES = [2 << 10, 32 << 10] as const;

/** The door: what a publish tells, as far as its sender may tell it. The clock is that of arrival. */
export class Intake {
  readonly limits: MessageLimits;
  readonly admission: Admission;
  readonly refusals: Refusals;
  readonly tally: Tally;
  readonly #topics = new Topics();
  /** Bytes that were unpacked and read, so far. */
  readBytes = 0;

  readonly #heard: IntakeParts["heard"];

  constructor(
    { limits = MESSAGE_LIMITS, admission = new Admission(), refusals = new Refusals(), heard }: IntakeParts =
      {},
  ) {
    this.#heard = heard;
    this.limits = limits;
    this.admission = admission;
    this.refusals = refusals;
    this.tally = new Tally(admission.limits.units);
  }

  /**
   * Take in a publish that has just come. Where nothing comes out there is nothing to keep of it. Never throws: what
   * cannot be read for an error of ours is refused, or the broker would bring it again and again.
   */
  take(published: Published): Arrival[] {
    const { topic } = published;
    const place = this.#topics.read(topic);
    if (place === null) return this.#refuse(ofNoTopic(topic).faults, published);
    try {
      return this.#take(place, published);
    } catch (error) {
      this.admission.charge(place.unit, place.agent, this.#costOfError(published), published.receivedAt);
      return this.#refuseForError(error, place, published);
    }
  }

  /** Take in again what was taken in before a restart: it has been paid for. Never throws. */
  again(published: Published): Arrival[] {
    const place = this.#topics.read(published.topic);
    if (place === null) return [];
    try {
      return this.#admit(this.#read(place, published, Infinity), published, true);
    } catch (error) {
      return this.#refuseForError(error, place, published);
    }
  }

  #take(place: TopicPlace, published: Published): Arrival[] {
    const { receivedAt: now } = published;
    const { unit } = place;
    const opened = this.#open(place, published);
    if ("reason" in opened) {
      return this.#refuse([{ reason: opened.reason, unit, agent: opened.agent, detail: null }], published);
    }
    const read = this.#read(place, published, opened.bodyBytes);
    const sender = place.agent ?? read.arrivals[0]?.sender.propletId ?? read.faults[0]?.agent ?? null;
    const reason = this.admission.charge(unit, sender, read, now, opened.claimed);
    if (reason !== null) return this.#refuse([{ reason, unit, agent: sender, detail: null }], published);
    const { latest: time } = read;
    if (this.#heard && sender !== null && time > 0) {
      const { aheadMs, behindMs } = this.limits;
      const isRefused = time > now + aheadMs || time < now - behindMs;
      this.#heard({ unit, agent: sender, time, receivedAt: now, isRefused });
    }
    const admitted = this.#admit(read, published, false);
    this.tally.add(unit, takenOf(read, admitted), now);
    return admitted;
  }

  /** How large the body of a payload may be, and who it says it is from; or why it is not even unpacked. */
  #open(
    { unit, agent }: TopicPlace,
    { payload, receivedAt: now }: Published,
  ): { bodyBytes: number; claimed: string | null } | { reason: Reason; agent: string | null } {
    const opened = this.admission.opens(unit, agent, now);
    if ("reason" in opened) return { ...opened, agent };
    const [packed, unpacked] = opened.bodyBytes < Infinity ? TIGHT_BYTES : LARGE_BYTES;
    const isLarge = payload.byteLength > packed || saidBytes(payload) > unpacked;
    if (!isLarge) return { ...opened, claimed: null };
    const sender = firstSender(payload);
    if (agent !== null) {
      return isForged(sender, agent) ? { reason: "forgery", agent } : { ...opened, claimed: null };
    }
    const opens = this.admission.opensOf(unit, sender, opened.bodyBytes, now);
    return "reason" in opens ? { ...opens, agent: sender } : { ...opens, claimed: sender };
  }

  #read(place: TopicPlace, published: Published, bodyBytes: number): ReadMessage {
    const { limits } = this;
    const isTight = bodyBytes < limits.bodyBytes;
    const read = readPayload(
      place,
      published,
      isTight ? { ...limits, bodyBytes, payloadBytes: Math.min(bodyBytes, limits.payloadBytes) } : limits,
    );
    this.readBytes += read.bytes;
    return read;
  }

  #admit({ arrivals, faults }: ReadMessage, published: Published, isAgain: boolean): Arrival[] {
    this.#refuse(faults, published);
    const admitted: Arrival[] = [];
    for (const arrival of arrivals) {
      const { arrival: taken, fault } = this.admission.admit(arrival, published.receivedAt, isAgain);
      if (fault !== null) this.refusals.add(fault, published);
      if (taken !== null) admitted.push(taken);
    }
    return admitted;
  }

  /** What it took to come to an error nobody knows; as much as for what cannot be unpacked. */
  #costOfError({ payload }: Published): { count: number; bytes: number } {
    return { count: 1, bytes: Math.max(payload.byteLength, this.limits.bodyBytes >> 4) };
  }

  #refuseForError(error: unknown, { unit, agent }: TopicPlace, published: Published): [] {
    return this.#refuse([{ reason: "internal", unit, agent, detail: String(error) }], published);
  }

  #refuse(faults: readonly Fault[], published: Published): [] {
    for (const fault of faults) this.refusals.add(fault, published);
    return [];
  }
}

/** Whether somebody speaks by another's name at a topic of his own. */
function isForged(sender: string | null, agent: string): boolean {
  return sender !== null && sender !== agent && topicLevel(sender) !== agent;
}

function takenOf({ count, bytes }: ReadMessage, admitted: readonly Arrival[]): Taken {
  let samples = 0;
  let lastTime: number | null = null;
  for (const arrival of admitted) {
    if (arrival.kind !== "sample" && arrival.kind !== "host") continue;
    samples++;
    if (!arrival.isApproximate) lastTime = arrival.time;
  }
  return { messages: count, samples, bytes, lastTime };
}
