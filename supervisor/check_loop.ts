import { performance } from "node:perf_hooks";
import type { CheckRule } from "./definition.ts";
import { judge, UNKNOWN_HEALTH } from "./health.ts";
import type { Health } from "./health.ts";
import { probe } from "./probes/probe.ts";
import type { ProbeContext } from "./probes/probe.ts";

/** Before the first good answer it is asked at least so often: a start is worth being noticed soon. */
const EAGER_INTERVAL_MS = 500;

/** Asks one check again and again, one question at a time, until it is stopped. */
export class CheckLoop {
  health: Health = UNKNOWN_HEALTH;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  /** @param onAnswer called after each answer, with the health before it */
  constructor(
    readonly rule: CheckRule,
    readonly context: ProbeContext,
    readonly onAnswer: (before: Health, fault: string | null) => void,
    skipDelay = false,
  ) {
    this.#schedule(skipDelay ? 0 : rule.initialDelayMs);
  }

  /** No more questions; an answer that is still to come counts for nothing. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(afterMs: number): void {
    this.#timer = setTimeout(() => void this.#ask(), Math.ceil(afterMs));
  }

  async #ask(): Promise<void> {
    const askedMs = performance.now();
    const { rule } = this;
    const fault = await probe(rule.target, rule.timeoutMs, this.context);
    if (this.#isStopped) return;
    const before = this.health;
    this.health = judge(before, fault, rule);
    this.onAnswer(before, fault);
    if (this.#isStopped) return;
    const isEager = this.health.status === "unknown";
    const interval = isEager ? Math.min(rule.intervalMs, EAGER_INTERVAL_MS) : rule.intervalMs;
    this.#schedule(Math.max(0, interval - (performance.now() - askedMs)));
  }
}
