import type { CheckRule } from "../definition.ts";
import { nextHealth, UNKNOWN_HEALTH } from "./health.ts";
import type { Health } from "./health.ts";
import { probe } from "./probes/probe.ts";
import type { ProbeContext } from "./probes/probe.ts";

/** The longest interval before the first good answer, so that a start is noticed soon. */
const EAGER_INTERVAL_MS = 500;

/** Runs one check periodically, one probe at a time, until it is stopped. */
export class CheckLoop {
  health: Health = UNKNOWN_HEALTH;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stopped = new AbortController();
  #asking: Promise<void> = Promise.resolve();
  #isAsking = false;

  /** @param onAnswer called after each answer, with the health before it */
  constructor(
    readonly rule: CheckRule,
    readonly context: ProbeContext,
    readonly onAnswer: (before: Health, fault: string | null) => void,
    skipDelay = false,
  ) {
    this.#schedule(skipDelay ? 0 : rule.initialDelayMs);
  }

  /** Ask now: there may be news. While a probe is on its way, its answer is awaited. */
  hurry(): void {
    if (this.#isAsking || this.#stopped.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#schedule(0);
  }

  /** Ends the loop and aborts a running probe. Resolves when nothing is left of it. */
  stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    return this.#asking;
  }

  #schedule(afterMs: number): void {
    this.#timer = setTimeout(() => this.#asking = this.#ask(), Math.ceil(afterMs));
  }

  async #ask(): Promise<void> {
    const askedMs = performance.now();
    const { rule } = this;
    this.#isAsking = true;
    const fault = await probe(rule.target, rule.timeoutMs, this.context, this.#stopped.signal);
    this.#isAsking = false;
    if (this.#stopped.signal.aborted) return;
    const before = this.health;
    this.health = nextHealth(before, fault, rule);
    this.onAnswer(before, fault);
    if (this.#stopped.signal.aborted) return;
    const isEager = this.health.status === "unknown";
    const interval = isEager ? Math.min(rule.intervalMs, EAGER_INTERVAL_MS) : rule.intervalMs;
    this.#schedule(Math.max(0, interval - (performance.now() - askedMs)));
  }
}
