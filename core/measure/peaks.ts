/** The highest value in each of so many stretches of time, the latest last: what a small line of a course shows. */
export class Peaks {
  readonly #values: (number | null)[];
  /** The number of the latest stretch, counted from the epoch. */
  #latest = -Infinity;

  /** @param spanMs of one stretch */
  constructor(readonly count: number, readonly spanMs: number) {
    this.#values = new Array<number | null>(count).fill(null);
  }

  /**
   * Take a value of a moment, not before the one before; null where it is not known.
   * @param sinceMs a moment after which it holds as well: a mean is known of each stretch that it was taken over
   */
  take(atMs: number, value: number | null, sinceMs = atMs): void {
    this.#advance(atMs);
    if (value === null) return;
    const last = this.count - 1;
    const before = Math.floor(atMs / this.spanMs) - Math.floor(sinceMs / this.spanMs) - 1;
    for (let index = Math.max(0, last - Math.max(0, before)); index <= last; index++) {
      const known = this.#values[index];
      if (known === null || value > known) this.#values[index] = value;
    }
  }

  /** What was known at a moment: null for a stretch of which nothing is. */
  valuesAt(atMs: number): readonly (number | null)[] {
    this.#advance(atMs);
    return this.#values;
  }

  /** Go on from what another has known at a moment. */
  restore(atMs: number, values: readonly (number | null)[]): void {
    this.#advance(atMs);
    const from = this.count - values.length;
    this.#values.forEach((_, index) => this.#values[index] = values[index - from] ?? null);
  }

  #advance(atMs: number): void {
    const stretch = Math.floor(atMs / this.spanMs);
    const by = Math.min(this.count, stretch - this.#latest);
    if (by <= 0) return;
    this.#latest = stretch;
    this.#values.splice(0, by);
    for (let added = 0; added < by; added++) this.#values.push(null);
  }
}
