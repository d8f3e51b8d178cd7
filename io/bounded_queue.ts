interface Entry<T> {
  readonly item: T;
  readonly bytes: number;
}

/** What waits for a destination: bounded by number and by bytes, the oldest is dropped first. */
export class BoundedQueue<T> {
  /** How many were dropped for want of room. */
  droppedCount = 0;
  #bytes = 0;
  #entries: (Entry<T> | undefined)[] = [];
  #head = 0;

  /** @param most of each that may wait */
  constructor(readonly most: { readonly count: number; readonly bytes: number }) {}

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** The size of all that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Take an item in.
   * @returns those that had to go for it, the oldest first, which are counted; or the item itself when there is no room
   * for it even alone
   */
  push(item: T, bytes: number): T[] {
    const dropped: T[] = [];
    if (bytes > this.most.bytes || this.most.count < 1) dropped.push(item);
    else {
      while (this.length >= this.most.count || this.#bytes + bytes > this.most.bytes) {
        dropped.push(this.shift()!);
      }
      this.#entries.push({ item, bytes });
      this.#bytes += bytes;
    }
    this.droppedCount += dropped.length;
    return dropped;
  }

  /** The oldest ones, up to so many, which stay. */
  peek(count = 1): T[] {
    return this.#entries.slice(this.#head, this.#head + count).map((entry) => entry!.item);
  }

  /** Take the oldest out. */
  shift(): T | undefined {
    const entry = this.#entries[this.#head];
    if (!entry) return undefined;
    this.#entries[this.#head++] = undefined;
    this.#bytes -= entry.bytes;
    // Moving the rest for each one taken would be quadratic; once as many were taken as are left, it is not.
    if (this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry.item;
  }
}
