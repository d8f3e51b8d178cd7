/** A connection that is gone for less is not missed: a broker that is away for all is away for each a little later. */
const AWAY_MS = 3_000;
/** A connection that is back is relied on after so long, and after twice as long each time that it breaks again … */
const STEADY_MS = 5_000;
/** … up to this. */
const LONGEST_STEADY_MS = 120_000;
/** What has held for so long is as good as new. */
const PROVEN_MS = 300_000;

/**
 * Whether a manager reaches its broker, by connections that come and go: what follows from it moves units, so that it
 * changes slowly. Times are ms of a clock that is never set.
 */
export class Reach {
  #isConnected = false;
  #reaches = false;
  #hasReached = false;
  #changedAt: number;
  #steadyMs = STEADY_MS;

  constructor(now: number) {
    this.#changedAt = now;
  }

  /** Whether there is a connection at this moment. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The connection is there, or gone. */
  note(isConnected: boolean, now: number): void {
    this.look(now);
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    this.#changedAt = now;
    this.look(now);
  }

  /** Whether the broker is reached, as far as that is settled by now. */
  look(now: number): boolean {
    const lastedMs = now - this.#changedAt;
    if (this.#isConnected) {
      if (!this.#reaches && (!this.#hasReached || lastedMs >= this.#steadyMs)) {
        this.#reaches = this.#hasReached = true;
      }
      if (lastedMs >= PROVEN_MS) this.#steadyMs = STEADY_MS;
    } else if (this.#reaches && lastedMs >= AWAY_MS) {
      this.#reaches = false;
      this.#steadyMs = Math.min(LONGEST_STEADY_MS, 2 * this.#steadyMs);
    }
    return this.#reaches;
  }
}
