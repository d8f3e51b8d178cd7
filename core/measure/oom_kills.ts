/** A process that was killed ends, and is reaped, within this time. */
const CLAIMED_WITHIN_MS = 1_000;

/**
 * Tells which of those that ended by SIGKILL the kernel had killed: out of memory, from its bare count of such
 * kills, which rises before the signal is sent.
 */
export class OomKills {
  #counted = 0;
  /** Kills that were counted lately, and whose victims have not been seen. */
  #unclaimed = 0;
  #noticedMs = -Infinity;

  /** Take the count as it stands; NaN where nobody counts. */
  notice(count: number, nowMs: number): void {
    if (nowMs - this.#noticedMs > CLAIMED_WITHIN_MS) this.#unclaimed = 0;
    if (!(count > this.#counted)) return;
    this.#unclaimed += count - this.#counted;
    this.#counted = count;
    this.#noticedMs = nowMs;
  }

  /** Somebody ended by SIGKILL: whether that was such a kill. Each is claimed once. */
  claim(): boolean {
    if (this.#unclaimed === 0) return false;
    this.#unclaimed--;
    return true;
  }

  /** Those who end by SIGKILL from now on were killed by us: others reaped the victims so far. */
  disclaim(): void {
    this.#unclaimed = 0;
  }
}
