/** Work of which so much is done at the same time, and the rest in its order. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most at the same time */
  constructor(most: number) {
    this.#free = most;
  }

  /** Do something when it is its turn, and hand the turn on, however it ends. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
