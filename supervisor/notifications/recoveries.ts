import type { SupervisorEvent } from "../control.ts";
import { tellsGoodHealth } from "../health/health.ts";

/** A process that runs for so long again has recovered, in milliseconds: one that crashes soon has not. */
const LASTING_MS = 10_000;

/** Tells when a process runs again, and goes on running, after somebody was told that it does not. */
export class Recoveries {
  readonly #down = new Set<string>();
  readonly #unhealthy = new Set<string>();
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(readonly tell: (event: SupervisorEvent) => void, readonly lastingMs = LASTING_MS) {}

  /** Somebody is told of this transition: from now on its process is down. */
  noteTold({ id }: SupervisorEvent): void {
    if (id !== null) this.#down.add(id);
  }

  /** Whether a change of health is to be told: good health is news only after somebody was told of bad. */
  isNews({ id, reason }: SupervisorEvent): boolean {
    if (id === null) return true;
    if (reason !== null && tellsGoodHealth(reason)) return this.#unhealthy.delete(id);
    this.#unhealthy.add(id);
    return true;
  }

  /** Take any transition. */
  take(event: SupervisorEvent): void {
    const { id, to } = event;
    if (id === null) return;
    clearTimeout(this.#waiting.get(id));
    this.#waiting.delete(id);
    if (to !== "running" || !this.#down.has(id)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(id);
      this.#down.delete(id);
      this.tell(event);
    }, this.lastingMs);
    this.#waiting.set(id, timer);
  }

  /** Tell nothing more. */
  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
