/** When to try again: delays that double from the shortest to the longest, a half of each left to chance. */
export class Backoff {
  #failures = 0;

  /**
   * @param shortestMs before the second try, at most
   * @param random gives numbers from 0 to 1
   */
  constructor(readonly shortestMs = 500, readonly longestMs = 30_000, readonly random = Math.random) {}

  /** The try has failed: how many milliseconds to wait before the next. */
  nextMs(): number {
    const whole = Math.min(this.longestMs, this.shortestMs * 2 ** Math.min(this.#failures++, 30));
    return Math.round(whole * (0.5 + this.random() / 2));
  }

  /** The try has worked. */
  reset(): void {
    this.#failures = 0;
  }
}
