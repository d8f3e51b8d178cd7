import { pause } from "../../io/deadline.ts";
import type { FleetView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { GIVEN, givenOrders, keptOrders } from "./kept_orders.ts";
import type { OrderPost } from "./order_post.ts";
import { ProfileOrders } from "./profile_orders.ts";
import type { GivenOrder, OrderRules } from "./profile_orders.ts";
import type { ProfileOrder } from "../../core/schema/profile_order.ts";
import { SigningKey } from "./signing_key.ts";

const LOOK_EVERY_MS = 2_000;
const CLOSE_WITHIN_MS = 2_000;
const COLLECTION = "control";
const SEQUENCE = "sequence";

/** What asking for denser samples stands on. */
export interface AdaptiveParts {
  readonly view: FleetView;
  /** Where those that another manager has given are found. */
  readonly store: Pick<Store, "documents">;
  readonly newPost: () => Pick<OrderPost, "open" | "put" | "close">;
  /** Is given the key that agents know orders by, once it is known. */
  readonly tellKey: (publicKey: string) => void;
  readonly rules: OrderRules;
  /** Tasks that an alert is pending or firing about. */
  readonly troubled: () => Iterable<number>;
  readonly now: () => number;
  readonly say: (line: string) => void;
  readonly everyMs?: number;
}

/** What lasts from a start to its end. */
interface Term {
  readonly store: Store;
  readonly post: ReturnType<AdaptiveParts["newPost"]>;
  readonly ending: AbortController;
  key: SigningKey | null;
  /** Topics at which the broker keeps an order of ours, and when it is none any more. */
  readonly kept: Map<string, number>;
}

/** Asks agents for denser samples of what an alert is about, as long as it is. It may be started again. */
export class AdaptiveSampling {
  readonly orders: ProfileOrders;
  #term: Term | null = null;
  #work: Promise<void> = Promise.resolve();
  #sequence = 0;
  #fault: string | null = null;

  constructor(readonly parts: AdaptiveParts) {
    this.orders = new ProfileOrders(parts.rules);
  }

  /**
   * The orders in force, and what agents know them by, whichever manager of the store has given them.
   * @throws ProctorError when the store cannot be read
   */
  async known(): Promise<{ readonly publicKey: string | null; readonly given: readonly GivenOrder[] }> {
    const key = this.#term?.key;
    if (key) return { publicKey: key.publicKey, given: this.orders.given };
    const { store, view, now } = this.parts;
    const documents = await store.documents(COLLECTION);
    return {
      publicKey: SigningKey.publicOf(documents),
      given: givenOrders(documents.get(GIVEN), view, now()),
    };
  }

  /** Look for trouble from now on, again and again. @param store where the key and the numbers of orders are kept */
  begin(store: Store): Promise<void> {
    this.#sequence = 0;
    this.#term = {
      store,
      post: this.parts.newPost(),
      ending: new AbortController(),
      key: null,
      kept: new Map(),
    };
    this.#term.post.open();
    this.#work = this.#run(this.#term);
    return Promise.resolve();
  }

  /** Take back what is in force, and end. Where that does not arrive, it ends at its time. */
  async end(): Promise<void> {
    const term = this.#term;
    if (term === null) return;
    term.ending.abort();
    await this.#work;
    const back = this.orders.takeBack(this.parts.now(), this.#next());
    if (back.length > 0) await this.#give(term, back).catch(() => {});
    await term.post.close(CLOSE_WITHIN_MS);
    this.#term = null;
  }

  async #run(term: Term): Promise<void> {
    const { signal } = term.ending;
    while (!signal.aborted) {
      await this.#look(term).then(() => this.#fault = null, (error: Error) => {
        if (error.message !== this.#fault) this.parts.say(`adaptive: ${error.message}`);
        this.#fault = error.message;
      });
      await pause(this.parts.everyMs ?? LOOK_EVERY_MS, signal);
    }
  }

  async #look(term: Term): Promise<void> {
    const { view, troubled, now, tellKey } = this.parts;
    if (term.key === null) {
      const documents = await term.store.documents(COLLECTION);
      const kept = documents.get(SEQUENCE);
      this.#sequence = typeof kept === "number" ? kept : 1;
      const given = givenOrders(documents.get(GIVEN), view, now());
      this.orders.takeUp(given);
      for (const { order } of given) term.kept.set(order.topic, order.expires_at);
      term.key = await SigningKey.of(term.store);
      tellKey(term.key.publicKey);
    }
    const orders = this.orders.plan(view, troubled(), now(), this.#next());
    if (orders.length > 0) await this.#give(term, orders);
    this.#clear(term);
  }

  /** What is over the broker need not keep: names of agents are many, and not every broker forgets by itself. */
  #clear({ kept, post }: Term): void {
    for (const [topic, until] of kept) {
      if (until > this.parts.now()) continue;
      kept.delete(topic);
      post.put(topic, "", 0);
    }
  }

  /** Above all before, of earlier managers too, though clocks may go back. */
  #next(): number {
    return Math.max(this.#sequence + 1, this.parts.now());
  }

  async #give({ store, key, post, kept }: Term, orders: readonly ProfileOrder[]): Promise<void> {
    this.#sequence = orders.at(-1)!.sequence;
    // Before they leave: no later manager uses their numbers again, and each knows of them.
    await store.saveDocuments(
      COLLECTION,
      new Map<string, unknown>([[SEQUENCE, this.#sequence], [GIVEN, keptOrders(this.orders.given)]]),
    );
    for (const order of orders) {
      kept.set(order.topic, order.expires_at);
      post.put(order.topic, key!.seal(JSON.stringify(order)), Math.ceil(this.parts.rules.lastsMs / 1_000));
    }
  }
}
