import type { BucketLimits } from "./limits.ts";

/** Tokens that come at a rate and are spent; full at first. Times are ms, and may go back. */
export class Bucket {
  #tokens: number;
  #at: number;

  constructor(readonly limits: BucketLimits, now: number) {
    this.#tokens = limits.most;
    this.#at = now;
  }

  /** How many there are; less than none where more was spent than there was. */
  left(now: number): number {
    const { perSecond, most } = this.limits;
    // A clock that was set back gives nothing until it is where it was, and one set on gives no more than is kept.
    if (now > this.#at) this.#tokens = Math.min(most, this.#tokens + (now - this.#at) / 1_000 * perSecond);
    this.#at = now;
    return this.#tokens;
  }

  /** Whether there is one; it is spent then. */
  take(now: number): boolean {
    if (this.left(now) < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Spend what has been used already: debts are kept, but no larger than what it takes `most` to pay. */
  spend(count: number, now: number): void {
    this.#tokens = Math.max(-this.limits.most, this.left(now) - count);
  }
}
