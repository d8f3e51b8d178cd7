import type { UnitKey } from "../model/unit.ts";
import { Bucket } from "./bucket.ts";
import { explain } from "./explain.ts";
import type { Fault, Reason } from "./fault.ts";
import { shortened } from "./fields.ts";
import type { Published } from "./reading.ts";

/** How often something of an agent was refused for one reason. */
export interface RefusalCount {
  readonly unit: UnitKey | null;
  /** Null where nothing tells who has sent it, or there are too many to count them one by one. */
  readonly agent: string | null;
  readonly reason: Reason;
  readonly count: number;
  /** When the last one came, ms since 1970. */
  readonly lastAt: number;
}

/** Something that was refused, kept for people to look at; all texts are printable. */
export interface KeptRefusal {
  readonly at: number;
  readonly topic: string;
  readonly unit: UnitKey | null;
  readonly agent: string | null;
  readonly reason: Reason;
  readonly detail: string | null;
  /** The beginning of the message. */
  readonly excerpt: string;
}

/** How many of what are kept. */
export interface RefusalLimits {
  /** Senders that are counted one by one; the rest of a unit is counted as one, and units beyond as one. */
  readonly senders: number;
  readonly kept: number;
  /** To make one readable takes time: so many in a second at most. */
  readonly keptPerSecond: number;
}

interface Sender {
  readonly unit: UnitKey | null;
  readonly agent: string | null;
  readonly byReason: Map<Reason, { count: number; lastAt: number; keptAt: number }>;
}

const DEFAULTS: RefusalLimits = { senders: 5_000, kept: 200, keptPerSecond: 5 };
const EXCERPT_BYTES = 200;
const DETAIL_BYTES = 300;
const TOPIC_BYTES = 300;
/** One of a kind of a sender is kept in so many ms: others are to be seen beside it. */
const KEPT_EVERY_MS = 60_000;

/** Counts what is refused, and keeps the last few of it. Bounded, whatever comes. */
export class Refusals {
  readonly #senders = new Map<string, Sender>();
  readonly #totals = new Map<Reason, number>();
  #kept: KeptRefusal[] = [];
  #keeping: Bucket | null = null;

  constructor(readonly limits: RefusalLimits = DEFAULTS) {}

  /** How often anything was refused, by reason. */
  get totals(): ReadonlyMap<Reason, number> {
    return this.#totals;
  }

  /** The last that were kept, the oldest first. */
  get latest(): readonly KeptRefusal[] {
    return this.#kept;
  }

  /** Something of a publish is refused. */
  add(fault: Fault, published: Published): void {
    const { reason } = fault;
    const now = published.receivedAt;
    this.#totals.set(reason, (this.#totals.get(reason) ?? 0) + 1);
    const { byReason } = this.#sender(fault);
    let known = byReason.get(reason);
    if (known === undefined) byReason.set(reason, known = { count: 0, lastAt: now, keptAt: -Infinity });
    known.count++;
    known.lastAt = now;
    if (now < known.keptAt + KEPT_EVERY_MS && now >= known.keptAt) return;
    const { keptPerSecond } = this.limits;
    this.#keeping ??= new Bucket({ perSecond: keptPerSecond, most: keptPerSecond }, now);
    if (!this.#keeping.take(now)) return;
    known.keptAt = now;
    this.#keep(fault, published);
  }

  /** What was refused, by sender and reason. */
  *counts(): Iterable<RefusalCount> {
    for (const { unit, agent, byReason } of this.#senders.values()) {
      for (const [reason, { count, lastAt }] of byReason) yield { unit, agent, reason, count, lastAt };
    }
  }

  /** Those that are one too many are counted with their unit, or with all others. */
  #sender({ unit, agent }: Fault): Sender {
    const isFull = this.#senders.size >= this.limits.senders;
    return this.#find(unit, agent) ?? (isFull ? this.#unitOrAll(unit) : this.#make(unit, agent));
  }

  #unitOrAll(unit: UnitKey | null): Sender {
    return this.#find(unit, null) ?? this.#find(null, null) ?? this.#make(null, null);
  }

  #find(unit: UnitKey | null, agent: string | null): Sender | undefined {
    return this.#senders.get(keyOf(unit, agent));
  }

  #make(unit: UnitKey | null, agent: string | null): Sender {
    const sender = { unit, agent: agent === null ? null : shortened(agent, 256), byReason: new Map() };
    this.#senders.set(keyOf(unit, agent), sender);
    return sender;
  }

  #keep(fault: Fault, { topic, payload, receivedAt }: Published): void {
    const detail = explain(fault);
    this.#kept.push({
      at: receivedAt,
      topic: shortened(topic, TOPIC_BYTES),
      unit: fault.unit,
      agent: fault.agent === null ? null : shortened(fault.agent, 256),
      reason: fault.reason,
      detail: detail === null ? null : shortened(detail, DETAIL_BYTES),
      excerpt: excerptOf(fault, payload),
    });
    if (this.#kept.length > this.limits.kept) this.#kept = this.#kept.slice(-this.limits.kept);
  }
}

/** Names have no control characters. */
function keyOf(unit: UnitKey | null, agent: string | null): string {
  return `${unit ?? ""}\n${agent === null ? "" : `=${agent}`}`;
}

function excerptOf({ message }: Fault, payload: Uint8Array): string {
  if (message !== undefined) return shortened(JSON.stringify(message.value), EXCERPT_BYTES);
  // What is packed would have to be unpacked once more.
  if (payload[0] === 0x1f) return `gzip, ${payload.byteLength} bytes`;
  if (payload[0] === 0x28) return `zstd, ${payload.byteLength} bytes`;
  return shortened(new TextDecoder().decode(payload.subarray(0, EXCERPT_BYTES + 1)), EXCERPT_BYTES);
}
