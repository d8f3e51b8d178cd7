import { performance } from "node:perf_hooks";

const QUIET_MS = 5_000;
const SELDOM_MS = 600_000;

/**
 * Gives back the memory that a start of many processes takes and what follows does not need: when nothing has happened
 * for a while, and seldom, since code that is dropped has to be made anew when it is wanted.
 */
export class GiveBack {
  readonly #quietMs: number;
  readonly #giveBack: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #notBeforeMs = -Infinity;

  constructor(quietMs = QUIET_MS, giveBack = shrink) {
    this.#quietMs = quietMs;
    this.#giveBack = giveBack;
  }

  /** Something has happened. */
  later(): void {
    if (performance.now() < this.#notBeforeMs) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#notBeforeMs = performance.now() + SELDOM_MS;
      this.#giveBack();
    }, this.#quietMs);
    this.#timer.unref();
  }
}

/** What the program of Bun can do; Deno has nothing like it. */
interface Runtime {
  readonly Bun?: { gc(force: boolean): void; shrink(): void };
}

function shrink(): void {
  const { Bun } = globalThis as Runtime;
  Bun?.gc(true);
  Bun?.shrink();
}
