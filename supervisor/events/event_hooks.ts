import type { ManagerConfig } from "../config/schema.ts";
import type { SupervisorEvent } from "../control.ts";
import { EventHook } from "./event_hook.ts";

/** The command for events that is in force, and what an earlier one has still to do. */
export class EventHooks {
  #current: EventHook | null = null;
  readonly #busy = new Set<EventHook>();

  /** @param say a line for the supervisor's own log */
  constructor(readonly say: (line: string) => void) {}

  /** From now on this command; the one before does what it was handed. */
  renew(rule: ManagerConfig["on_event"], workingDirectory: string): void {
    this.#current = rule ? new EventHook(rule, workingDirectory, this.say) : null;
  }

  /** Hand over an event; returns at once. */
  take(event: SupervisorEvent): void {
    const hook = this.#current;
    if (!hook) return;
    hook.take(event);
    if (this.#busy.has(hook)) return;
    this.#busy.add(hook);
    void hook.settled().then(() => this.#busy.delete(hook));
  }

  /** Resolves when nothing waits or runs. */
  async settled(): Promise<void> {
    await Promise.all([...this.#busy].map((hook) => hook.settled()));
  }

  /** Kill what runs, and drop what waits. */
  abort(): void {
    for (const hook of this.#busy) hook.abort();
  }
}
