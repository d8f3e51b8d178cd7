/** Goes through many in turn, a share of them at a time: what is done to each costs the same, however many they are. */
export class Round<T> {
  #at: Iterator<T> | undefined;

  /** @param all which come and go meanwhile */
  constructor(readonly all: ReadonlyMap<unknown, T>) {}

  /** The next ones, at most so many and none of them twice. */
  *next(most: number): Generator<T> {
    const count = Math.min(most, this.all.size);
    for (let given = 0; given < count;) {
      this.#at ??= this.all.values();
      const { done, value } = this.#at.next();
      if (done) {
        this.#at = undefined;
        continue;
      }
      given++;
      yield value;
    }
  }
}
