import type { Arrival, Sender } from "../model/arrival.ts";
import type { UnitKey } from "../model/unit.ts";
import { topicLevel } from "../../exporters/mqtt/topic_text.ts";
import type { Fault, Reason } from "./fault.ts";
import { isName } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { MessageLimits } from "./limits.ts";
import type { TopicKind, TopicPlace } from "./topics.ts";

/** What a publish is made of, for who reads it. */
export interface Published {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** By our clock, ms since 1970. */
  readonly receivedAt: number;
  /** Whether the broker had kept it. */
  readonly isRetained: boolean;
}

/** The largest body of which messages are kept to be explained. */
const LARGEST_EXPLAINED = 64 * 1024;

/** The messages of one payload while they are read: what they tell, and what is wrong with them. */
export class Reading {
  readonly arrivals: Arrival[] = [];
  readonly faults: Fault[] = [];
  readonly unit: UnitKey;
  readonly agent: string | null;
  readonly receivedAt: number;
  readonly isRetained: boolean;
  readonly #kind: TopicKind;
  /** The latest time of a reading, whether or not it can be taken. */
  latest = -Infinity;
  #sender: Sender | null = null;

  /** @param bodyBytes of the payload, unpacked */
  constructor(
    place: TopicPlace,
    { receivedAt, isRetained }: Published,
    readonly limits: MessageLimits,
    readonly bodyBytes: number,
  ) {
    this.unit = place.unit;
    this.agent = place.agent;
    this.#kind = place.kind;
    this.receivedAt = receivedAt;
    this.isRetained = isRetained;
  }

  /** Who says to have sent a message; null where it tells nobody, or another than the topic: a fault is added then. */
  senderOf(message: Fields): Sender | null {
    const { proplet_id: propletId } = message;
    if (!isName(propletId)) {
      this.refuseForm("proplet_id: is not a name of at most 256 bytes", message, null);
      return null;
    }
    return this.senderNamed(propletId, isName(message.agent_id) ? message.agent_id : null);
  }

  /** The same, of names that it tells; null where the topic names another: a fault is added then. */
  senderNamed(propletId: string, agentId: string | null): Sender | null {
    const last = this.#sender;
    if (last !== null && last.propletId === propletId && last.agentId === agentId) return last;
    // The level is made of the name, which may have what a topic may not.
    if (this.agent !== null && propletId !== this.agent && topicLevel(propletId) !== this.agent) {
      this.refuse("forgery", `proplet_id: ${propletId}`, this.agent);
      return null;
    }
    return this.#sender = { unit: this.unit, propletId, agentId };
  }

  /**
   * The time of a reading, and whether it is that of arrival; null where it is none that can be taken: a fault is added
   * then.
   * @param told NaN where the message tells none
   */
  timeOf(told: number, { propletId }: Sender): { time: number; isApproximate: boolean } | null {
    const { receivedAt, limits } = this;
    if (Number.isNaN(told)) return { time: receivedAt, isApproximate: true };
    if (told > this.latest) this.latest = told;
    if (told > receivedAt + limits.aheadMs) {
      this.refuse("future", `${seconds(told - receivedAt)} ahead`, propletId);
      return null;
    }
    if (told < receivedAt - limits.behindMs) {
      this.refuse("past", `${seconds(receivedAt - told)} ago`, propletId);
      return null;
    }
    return { time: told, isApproximate: false };
  }

  /** When something was that is not a reading: what cannot be is the time of arrival. */
  nearTime(told: number): number {
    return Number.isNaN(told) || told < 0 || told > this.receivedAt + this.limits.aheadMs
      ? this.receivedAt
      : told;
  }

  /** Something is not taken in. */
  refuse(reason: Reason, detail: string | null, agent: string | null = this.agent): void {
    this.faults.push({ reason, unit: this.unit, agent, detail });
  }

  /** A message is not of its form. */
  refuseForm(detail: string, message: Fields, agent: string | null): void {
    const { unit, bodyBytes } = this;
    const fault: Fault = { reason: "schema", unit, agent, detail };
    // To tell in full what is wrong with a large one would cost more than to read it.
    const isKept = bodyBytes <= LARGEST_EXPLAINED;
    this.faults.push(isKept ? { ...fault, message: { kind: this.#kind, value: message } } : fault);
  }

  /** A part of a message is not taken in. */
  refusePart(reason: Reason, detail: string, agent: string): void {
    this.faults.push({ reason, unit: this.unit, agent, detail, isPartial: true });
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
