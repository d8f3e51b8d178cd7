const FIRST_CAPACITY = 16;

/** What a series may keep, each in a lane of its own; bytes of I/O and of the network are those of a second. */
const LANES = ["cpu", "memory", "read", "write", "rx", "tx"] as const;
/** One of them. */
export type Lane = typeof LANES[number];

/** Nobody counts more than that of all. */
const LEAST = ["cpu", "memory"] as const;

/** Figures of something, tick by tick: rings that grow up to a limit, then forget the oldest. */
export class Series {
  /** The last tick that has a value. */
  last: number;
  readonly #lanes: (Float32Array<ArrayBuffer> | null)[];
  #capacity: number;

  /**
   * @param first the first tick there will be a value for
   * @param limit how many ticks are kept at most
   * @param kept the lanes that are; of others nothing is known
   */
  constructor(readonly first: number, readonly limit: number, kept: readonly Lane[] = LEAST) {
    const capacity = this.#capacity = Math.min(FIRST_CAPACITY, limit);
    this.last = first - 1;
    this.#lanes = LANES.map((lane) => kept.includes(lane) ? new Float32Array(capacity) : null);
  }

  /** Add the values of the tick after the last. */
  add(cpuPercent: number, memoryBytes: number, read = NaN, write = NaN, rx = NaN, tx = NaN): void {
    const tick = ++this.last;
    if (tick - this.first >= this.#capacity && this.#capacity < this.limit) {
      this.#grow(Math.min(this.limit, this.#capacity * 2));
    }
    const slot = tick % this.#capacity;
    this.#put(0, slot, cpuPercent);
    this.#put(1, slot, memoryBytes);
    this.#put(2, slot, read);
    this.#put(3, slot, write);
    this.#put(4, slot, rx);
    this.#put(5, slot, tx);
  }

  /** Whether there is a value for a tick. */
  has(tick: number): boolean {
    return tick >= this.first && tick <= this.last && tick > this.last - this.#capacity;
  }

  /** CPU at a tick in percent of a core; NaN where it is unknown. */
  cpuAt(tick: number): number {
    return this.#get(0, tick);
  }

  /** Memory at a tick in bytes, to seven digits; NaN where it is unknown. */
  memoryAt(tick: number): number {
    return this.#get(1, tick);
  }

  /** Bytes read from storage in a second at a tick; NaN where that is unknown. */
  readAt(tick: number): number {
    return this.#get(2, tick);
  }

  /** The same, written. */
  writeAt(tick: number): number {
    return this.#get(3, tick);
  }

  /** Bytes received in a second at a tick; NaN where that is unknown. */
  rxAt(tick: number): number {
    return this.#get(4, tick);
  }

  /** The same, sent. */
  txAt(tick: number): number {
    return this.#get(5, tick);
  }

  #put(lane: number, slot: number, value: number): void {
    const ring = this.#lanes[lane];
    if (ring) ring[slot] = value;
  }

  #get(lane: number, tick: number): number {
    const ring = this.#lanes[lane];
    return ring && this.has(tick) ? ring[tick % this.#capacity] : NaN;
  }

  #grow(capacity: number): void {
    const before = this.#capacity;
    this.#capacity = capacity;
    this.#lanes.forEach((ring, lane) => {
      if (!ring) return;
      const grown = this.#lanes[lane] = new Float32Array(capacity);
      for (let tick = Math.max(this.first, this.last - before); tick < this.last; tick++) {
        grown[tick % capacity] = ring[tick % before];
      }
    });
  }
}
