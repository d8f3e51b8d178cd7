/**
 * A reading that is kept for a while. Calls within that time share it, and calls while it is being made share the
 * making; one that failed is not kept.
 */
export class Cached<T> {
  #value: T | undefined;
  #readAtMs = -Infinity;
  #pending: Promise<T> | undefined;

  /**
   * @param read makes a reading, of others no older than it is told; may throw
   * @param nowMs a monotonic clock
   */
  constructor(readonly read: (maxAgeMs: number) => T | Promise<T>, readonly nowMs: () => number) {}

  /** The reading, no older than this; at once where that needs no waiting. */
  get(maxAgeMs: number): T | Promise<T> {
    if (this.#pending) return this.#pending;
    if (this.#value !== undefined && this.nowMs() - this.#readAtMs < maxAgeMs) return this.#value;
    const reading = this.read(maxAgeMs);
    if (!(reading instanceof Promise)) return this.#keep(reading);
    this.#pending = reading.then((value) => this.#keep(value)).finally(() => this.#pending = undefined);
    return this.#pending;
  }

  #keep(value: T): T {
    this.#value = value;
    this.#readAtMs = this.nowMs();
    return value;
  }
}
