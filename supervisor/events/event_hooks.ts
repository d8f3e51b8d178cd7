import type { SupervisorEvent } from "../control.ts";
import type { EventTaker } from "./event_taker.ts";

/** Somebody whom events are to go to. */
export interface WantedTaker {
  /** All that makes him what he is: who is wanted by the same again goes on as he is. */
  readonly key: string;
  readonly make: () => EventTaker;
}

/** Those whom events go to by the configuration in force, and what earlier ones have still to do. */
export class EventHooks implements EventTaker {
  #current: ReadonlyMap<string, EventTaker> = new Map();
  readonly #former = new Set<EventTaker>();

  /** From now on these; those of before that are not among them do what they were handed. */
  renew(wanted: readonly WantedTaker[]): void {
    const before = this.#current;
    this.#current = new Map(wanted.map(({ key, make }) => [key, before.get(key) ?? make()]));
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
    await Promise.all([...this.#current.values(), ...this.#former].map((taker) => taker.finish()));
  }

  abort(): void {
    for (const taker of [...this.#current.values(), ...this.#former]) taker.abort();
  }
}
