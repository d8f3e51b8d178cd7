/** What waits for a destination: bounded by number and by bytes, the oldest is dropped first. */
export class BoundedQueue<T> {
  /** How many were dropped for want of room. */
  droppedCount = 0;
  #bytes = 0;
  #items: { readonly item: T; readonly bytes: number }[] = [];
  #head = 0;

  /** @param most of each that may wait; an item that is larger than `bytes` alone is dropped at once */
  constructor(readonly most: { readonly count: number; readonly bytes: number }) {}

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The size of all that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Take an item in; what had to go for it is counted. */
  push(item: T, bytes: number): void {
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
    while (this.length > this.most.count || this.#bytes > this.most.bytes) {
      this.shift();
      this.droppedCount++;
    }
  }

  /** The oldest ones, up to so many, which stay. */
  peek(count = 1): T[] {
    return this.#items.slice(this.#head, this.#head + count).map(({ item }) => item);
  }

  /** Take the oldest out. */
  shift(): T | undefined {
    const entry = this.#items[this.#head];
    if (!entry) return undefined;
    this.#head++;
    this.#bytes -= entry.bytes;
    // Moving them all for each one taken would be quadratic.
    if (this.#head > 1_000 || this.#head === this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return entry.item;
  }
}
