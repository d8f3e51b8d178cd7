/** So many wait for a slow client; what comes on top is left out, and the client is told how many. */
const MAX_WAITING = 1_000;

/** What a client of a feed gets: a value, or how many it has missed. */
export type Fed<T> = { readonly value: T } | { readonly missed: number };

/** Values as they come, for one client that takes them at its own pace. */
export class Feed<T> {
  #waiting: T[] = [];
  #missed = 0;
  #isOver = false;
  #wake: () => void = () => {};

  push(value: T): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(value);
    else this.#missed++;
    this.#wake();
  }

  /** Everything pushed until the signal comes. */
  async *values(signal: AbortSignal): AsyncGenerator<Fed<T>> {
    const onAbort = () => {
      this.#isOver = true;
      this.#wake();
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    try {
      while (!this.#isOver) {
        const [waiting, missed] = [this.#waiting, this.#missed];
        [this.#waiting, this.#missed] = [[], 0];
        for (const value of waiting) yield { value };
        if (missed > 0) yield { missed };
        if (this.#isOver || this.#waiting.length > 0 || this.#missed > 0) continue;
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
