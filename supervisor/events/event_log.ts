import { hideSecrets } from "../../core/hide_secrets.ts";
import type { EventKind, SupervisorEvent } from "../control.ts";
import type { EventDetails } from "../process/supervised.ts";

/** How many events of all processes are kept … */
const KEPT = 500;
/** … and of each process. */
const KEPT_EACH = 50;

/** Events: numbered, kept for a while, and handed to listeners. */
export class EventLog {
  readonly #listeners = new Set<(event: SupervisorEvent) => void>();
  readonly #byId = new Map<string, SupervisorEvent[]>();
  #recent: SupervisorEvent[] = [];
  #count = 0;

  /** One more event. */
  emit(kind: EventKind, id: string | null, details: EventDetails = {}): void {
    const event: SupervisorEvent = {
      sequence: ++this.#count,
      timestamp: new Date().toISOString(),
      kind,
      id,
      from: details.from ?? null,
      to: details.to ?? null,
      pid: details.pid ?? null,
      // It goes to the API, to commands, to brokers, and into logs.
      reason: details.reason == null ? null : hideSecrets(details.reason),
    };
    this.#recent.push(event);
    if (this.#recent.length > 2 * KEPT) this.#recent = this.#recent.slice(-KEPT);
    if (id !== null) {
      const own = this.#byId.get(id) ?? [];
      own.push(event);
      if (own.length > KEPT_EACH) own.shift();
      this.#byId.set(id, own);
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Subscribe from now on; the returned function ends that. */
  subscribe(listener: (event: SupervisorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The latest, the oldest first. */
  recent(): SupervisorEvent[] {
    return this.#recent.slice(-KEPT);
  }

  /** The latest of one process. */
  of(id: string): SupervisorEvent[] {
    return [...this.#byId.get(id) ?? []];
  }

  /** A process has been removed. */
  forget(id: string): void {
    this.#byId.delete(id);
  }
}
