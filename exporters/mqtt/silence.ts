/** A silence this long is reported; checks are frequent enough to notice it within five seconds. */
const SILENCE_MS = 3_900;
const LOOK_EVERY_MS = 1_000;

/** Notices when acknowledgements are due and none arrives. The timer runs only meanwhile. */
export class Silence {
  #sinceMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param isWaiting whether an answer is due
   * @param onSilence called repeatedly while it lasts
   */
  constructor(readonly isWaiting: () => boolean, readonly onSilence: () => void) {}

  /** Something was heard, or there was nothing to hear until now. */
  heard(): void {
    this.#sinceMs = performance.now();
  }

  /** Look from now on, for as long as an answer is due. */
  watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.isWaiting()) return;
      if (performance.now() - this.#sinceMs >= SILENCE_MS) this.onSilence();
      this.watch();
    }, LOOK_EVERY_MS);
  }

  /** Look no more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
