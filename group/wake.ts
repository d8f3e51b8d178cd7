import { beginWait, endWait } from "./child_ends.ts";

/** A sleep that something can end early: the beat of every loop that waits for ticks and for children. */
export class Wake {
  #pending = false;
  #resolve: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** End the current sleep, or the next one at once if there is none. */
  readonly now = (): void => {
    this.#pending = true;
    this.#finish();
  };

  /** Whether something has woken us while nobody slept; told once. */
  take(): boolean {
    const pending = this.#pending;
    this.#pending = false;
    return pending;
  }

  /** Sleep until woken, at most this long; Infinity: as long as it takes, which keeps no program alive. */
  sleep(ms: number): Promise<void> {
    if (this.#pending || ms <= 0) {
      this.#pending = false;
      // Let other work have its turn all the same: a late loop must not starve it.
      return new Promise((resolve) => setImmediate(resolve));
    }
    beginWait();
    return new Promise((resolve) => {
      this.#resolve = resolve;
      // Bun cuts fractions off and would wake up early, to sleep again for less than a millisecond.
      this.#timer = ms === Infinity ? undefined : setTimeout(() => this.#finish(), Math.ceil(ms));
    });
  }

  #finish(): void {
    const resolve = this.#resolve;
    if (!resolve) return;
    endWait();
    clearTimeout(this.#timer);
    this.#resolve = undefined;
    this.#pending = false;
    resolve();
  }
}
