import { verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import {
  LONGEST_ORDER_MS,
  profileOrderSchema,
  signedBytes,
  signedOrderSchema,
} from "../../core/schema/profile_order.ts";
import type { ProfileOrder } from "../../core/schema/profile_order.ts";

/** Longer than any order that we would take. */
const MOST_BYTES = 192 * 1_024;
/** Checking a signature costs time: so many at once are checked, and one more each second. */
const MOST_AT_ONCE = 20;

/** Why an order is not followed. */
export const ORDER_REFUSALS = ["flood", "form", "forged", "other_agent", "expired", "replayed"] as const;
/** Why an order is not followed. */
export type OrderRefusal = typeof ORDER_REFUSALS[number];

/** Whose orders are read, and by whom. */
export interface OrderReaderSettings {
  /** The manager's. */
  readonly key: KeyObject;
  readonly topic: string;
  readonly propletId: string;
  readonly agentId: string | null;
}

/** Reads orders, and tells those of our manager, for us, of now, from all others. */
export class OrderReader {
  #sequence = -1;
  #text = "";
  #allowance = MOST_AT_ONCE;
  #allowedAt = -Infinity;

  constructor(readonly settings: OrderReaderSettings) {}

  /** The number of the last order that was followed; null before the first. */
  get sequence(): number | null {
    return this.#sequence < 0 ? null : this.#sequence;
  }

  /**
   * Read a message.
   * @param nowMs since 1970
   * @returns the order; why it is none to follow; or null for what says nothing new
   */
  read(payload: Uint8Array, nowMs: number): ProfileOrder | OrderRefusal | null {
    // So a retained message is cleared.
    if (payload.length === 0) return null;
    if (payload.length > MOST_BYTES) return "form";
    if (!this.#mayCheck(nowMs)) return "flood";
    const envelope = signedOrderSchema.safeParse(jsonOf(Buffer.from(payload).toString()));
    if (!envelope.success) return "form";
    const { order: text, signature } = envelope.data;
    if (!this.#isSigned(text, signature)) return "forged";
    const read = profileOrderSchema.safeParse(jsonOf(text));
    if (!read.success) return "form";
    const order = read.data;
    const { topic, propletId, agentId } = this.settings;
    const isForUs = order.topic === topic && order.proplet_id === propletId &&
      (order.agent_id === null || agentId === null || order.agent_id === agentId);
    if (!isForUs) return "other_agent";
    // A broker sends what it retains again with each subscription.
    if (text === this.#text) return null;
    if (order.sequence <= this.#sequence) return "replayed";
    // What takes everything back is welcome however late it comes.
    if (order.tasks.length > 0 && order.expires_at <= nowMs) return "expired";
    this.#sequence = order.sequence;
    this.#text = text;
    return { ...order, expires_at: Math.min(order.expires_at, nowMs + LONGEST_ORDER_MS) };
  }

  #mayCheck(nowMs: number): boolean {
    const passed = Math.max(0, nowMs - this.#allowedAt) / 1_000;
    this.#allowance = Math.min(MOST_AT_ONCE, this.#allowance + passed);
    this.#allowedAt = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance--;
    return true;
  }

  #isSigned(text: string, signature: string): boolean {
    try {
      return verify(null, signedBytes(text), this.settings.key, Buffer.from(signature, "base64url"));
    } catch {
      return false;
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
