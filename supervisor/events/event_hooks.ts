import type { SupervisorEvent } from "../control.ts";
import type { EventTaker } from "./event_taker.ts";

/** Somebody whom events are to go to. */
export interface WantedTaker {
  /** Equal where it is the same one as before, which goes on then. */
  readonly key: string;
  make(): EventTaker;
}

/** Those whom events go to by the configuration in force, and what earlier ones have still to do. */
export class EventHooks implements EventTaker {
  #current: ReadonlyMap<string, EventTaker> = new Map();
  readonly #former = new Set<EventTaker>();

  /** From now on these. Who is the same goes on as he was; the others do what they were handed. */
  renew(wanted: readonly WantedTaker[]): void {
    const before = this.#current;
    this.#current = new Map(wanted.map((one) => [one.key, before.get(one.key) ?? one.make()]));
    for (const [key, former] of before) {
      if (this.#current.has(key)) continue;
      this.#former.add(former);
      void former.finish().then(() => this.#former.delete(former));
    }
  }

  take(event: SupervisorEvent): void {
    for (const taker of this.#current.values()) taker.take(event);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#all.map((taker) => taker.finish()));
  }

  abort(): void {
    for (const taker of this.#all) taker.abort();
  }

  get #all(): EventTaker[] {
    return [...this.#current.values(), ...this.#former];
  }
}
