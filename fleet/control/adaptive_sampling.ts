import { pause } from "../../io/deadline.ts";
import type { FleetView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import type { OrderPost } from "./order_post.ts";
import { ProfileOrders } from "./profile_orders.ts";
import type { OrderRules } from "./profile_orders.ts";
import type { ProfileOrder } from "../../core/schema/profile_order.ts";
import type { SigningKey } from "./signing_key.ts";

const LOOK_EVERY_MS = 2_000;
const CLOSE_WITHIN_MS = 2_000;
const COLLECTION = "control";
const SEQUENCE = "sequence";

/** What asking for denser samples stands on. */
export interface AdaptiveParts {
  readonly view: FleetView;
  readonly store: Store;
  readonly key: SigningKey;
  readonly post: Pick<OrderPost, "open" | "put" | "close">;
  readonly rules: OrderRules;
  /** Tasks that an alert is pending or firing about. */
  readonly troubled: () => Iterable<number>;
  readonly now: () => number;
  readonly say: (line: string) => void;
  readonly everyMs?: number;
}

/** Asks agents for denser samples of what an alert is about, for as long as it is. */
export class AdaptiveSampling {
  readonly orders: ProfileOrders;
  readonly #closing = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #sequence = 0;
  #fault: string | null = null;

  constructor(readonly parts: AdaptiveParts) {
    this.orders = new ProfileOrders(parts.rules);
  }

  /** Look for trouble from now on, again and again. */
  start(): void {
    this.parts.post.open();
    this.#work = this.#run();
  }

  /** Take back what is in force, and end. Where that does not arrive, it ends at its time. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
    const { now, post } = this.parts;
    const back = this.orders.takeBack(now(), this.#next());
    if (back.length > 0) await this.#give(back).catch(() => {});
    await post.close(CLOSE_WITHIN_MS);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#look().then(() => this.#fault = null, (error: Error) => {
        if (error.message !== this.#fault) this.parts.say(`adaptive: ${error.message}`);
        this.#fault = error.message;
      });
      await pause(this.parts.everyMs ?? LOOK_EVERY_MS, signal);
    }
  }

  async #look(): Promise<void> {
    const { view, troubled, now, store } = this.parts;
    if (this.#sequence === 0) {
      const kept = (await store.documents(COLLECTION)).get(SEQUENCE);
      this.#sequence = typeof kept === "number" ? kept : 1;
    }
    const orders = this.orders.plan(view, troubled(), now(), this.#next());
    if (orders.length > 0) await this.#give(orders);
  }

  /** Above all before, of earlier managers too, though clocks may go back. */
  #next(): number {
    return Math.max(this.#sequence + 1, this.parts.now());
  }

  async #give(orders: readonly ProfileOrder[]): Promise<void> {
    const { store, key, post, rules } = this.parts;
    this.#sequence = orders.at(-1)!.sequence;
    // Before they leave: no later manager uses their numbers again.
    await store.saveDocuments(COLLECTION, new Map([[SEQUENCE, this.#sequence]]));
    for (const order of orders) {
      post.put(order.topic, key.seal(JSON.stringify(order)), Math.ceil(rules.lastsMs / 1_000));
    }
  }
}
