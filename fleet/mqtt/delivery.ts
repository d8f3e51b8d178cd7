import type { Numbered } from "./acknowledgement_order.ts";
import type { Connection } from "./connection.ts";

/** A message that has arrived, to be acknowledged when it is safe. */
export interface Delivery {
  readonly topic: string;
  /** May be a part of a larger piece of memory, which it keeps. */
  readonly payload: Uint8Array;
  /** Whether the broker had kept it: it may be old. */
  readonly isRetained: boolean;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** What the acknowledgement of a message needs. */
export interface Receipt extends Numbered {
  /** That it came by: no other knows its packet ID. */
  readonly connection: Connection;
}

/** A delivery, and what its acknowledgement needs. */
export class ReceivedDelivery implements Delivery {
  constructor(
    readonly topic: string,
    readonly payload: Uint8Array,
    readonly isRetained: boolean,
    readonly receivedAt: number,
    readonly receipt: Receipt,
  ) {}
}
