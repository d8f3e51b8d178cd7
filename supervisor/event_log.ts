import type { EventKind, SupervisorEvent } from "./control.ts";
import type { EventDetails } from "./supervised.ts";

/** So many events are kept of all … */
const KEPT = 500;
/** … and of each process. */
const KEPT_EACH = 50;

/** What has happened: numbered, kept for a while, and told. */
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
      reason: details.reason ?? null,
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

  /** Be told from now on; the function ends that. */
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

  /** A process is there no more. */
  forget(id: string): void {
    this.#byId.delete(id);
  }
}
