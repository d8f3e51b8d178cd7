/** Reading details may take this share of the time … */
const SHARE = 0.005;
/** … and is never put off for longer than this. */
const LONGEST_MS = 1_000;

/**
 * When to read what costs most of a process: context switches, descriptors, peaks. At each sample where that is cheap,
 * seldom where it is not, as of a thousand processes that all run.
 */
export class DetailsPace {
  #dueMs = -Infinity;

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs;
  }

  /** They were read at a time, and it took so long. */
  spent(nowMs: number, costMs: number): void {
    this.#dueMs = nowMs + Math.min(LONGEST_MS, costMs / SHARE);
  }
}
