import type { SupervisorEvent } from "../control.ts";
import type { EventTaker } from "./event_taker.ts";

/** Those whom events go to by the configuration in force, and what earlier ones have still to do. */
export class EventHooks implements EventTaker {
  #current: readonly EventTaker[] = [];
  readonly #former = new Set<EventTaker>();

  /** From now on these; the ones before do what they were handed. */
  renew(takers: readonly EventTaker[]): void {
    for (const former of this.#current) {
      this.#former.add(former);
      void former.finish().then(() => this.#former.delete(former));
    }
    this.#current = takers;
  }

  take(event: SupervisorEvent): void {
    for (const taker of this.#current) taker.take(event);
  }

  async finish(): Promise<void> {
    await Promise.all([...this.#current, ...this.#former].map((taker) => taker.finish()));
  }

  abort(): void {
    for (const taker of [...this.#current, ...this.#former]) taker.abort();
  }
}
