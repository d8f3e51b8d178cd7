import type { Definition } from "../definition.ts";
import { CheckLoop } from "./check_loop.ts";
import { healthSentence } from "./health.ts";
import type { Health } from "./health.ts";
import type { ProbeContext } from "./probes/probe.ts";

/** Called with the results of the checks. */
export interface CheckListener {
  /** The health has changed: a sentence. */
  readonly onChange: (sentence: string) => void;
  /** The readiness check has succeeded or, without one that is still to, a health check. */
  readonly onReady: () => void;
  /** A health check has failed often enough, and each one that fails from then on. */
  readonly onUnhealthy: (message: string) => void;
}

/** The health check and the readiness check of one run; they end with it. */
export class ProcessChecks {
  readonly #health: CheckLoop | null = null;
  #readiness: CheckLoop | null = null;
  #ending: Promise<unknown> = Promise.resolve();

  /** @param isAdopted it was running already: it is asked at once */
  constructor(
    { healthCheck, readinessCheck }: Pick<Definition, "healthCheck" | "readinessCheck">,
    context: ProbeContext,
    listener: CheckListener,
    isAdopted: boolean,
    wantsReadiness: boolean,
  ) {
    if (healthCheck) {
      this.#health = new CheckLoop(
        healthCheck,
        context,
        (before) => this.#answered(this.health!, before, listener),
        isAdopted,
      );
    }
    if (!readinessCheck || !wantsReadiness) return;
    const readiness = new CheckLoop(readinessCheck, context, () => {
      if (readiness.health.status !== "healthy") return;
      this.#endReadiness();
      listener.onReady();
    }, isAdopted);
    this.#readiness = readiness;
  }

  #answered(health: Health, before: Health, { onChange, onReady, onUnhealthy }: CheckListener): void {
    if (health.status !== before.status) onChange(healthSentence(health));
    if (health.status === "healthy" && this.#readiness === null) onReady();
    if (health.status === "unhealthy") onUnhealthy(health.message ?? "its probe failed");
  }

  /** What the health check says; null without one. */
  get health(): Health | null {
    return this.#health?.health ?? null;
  }

  /** What keeps it from being ready, as far as a probe has answered. */
  get obstacle(): string | null {
    return (this.#readiness ?? this.#health)?.health.message ?? null;
  }

  /** It has given the sign that its readiness is known by. */
  hurryReadiness(): void {
    this.#readiness?.hurry();
  }

  /** Ends the checks. Resolves when nothing is left of them. */
  async stop(): Promise<void> {
    this.#endReadiness();
    await Promise.all([this.#health?.stop(), this.#ending]);
  }

  #endReadiness(): void {
    if (this.#readiness) this.#ending = this.#readiness.stop();
    this.#readiness = null;
  }
}
