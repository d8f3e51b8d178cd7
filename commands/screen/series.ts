const FIRST_CAPACITY = 16;

/** CPU, memory and maybe network of something, tick by tick: rings that grow up to a limit, then forget the oldest. */
export class Series {
  /** The last tick that has a value. */
  last: number;
  #cpu: Float32Array;
  #memory: Float32Array;
  /** Bytes a second; empty where nobody counts them. */
  #rx: Float32Array;
  #tx: Float32Array;

  /**
   * @param first the first tick there will be a value for
   * @param limit how many ticks are kept at most
   * @param hasNetwork whether it keeps what is received and sent
   */
  constructor(readonly first: number, readonly limit: number, readonly hasNetwork = false) {
    const capacity = Math.min(FIRST_CAPACITY, limit);
    this.last = first - 1;
    this.#cpu = new Float32Array(capacity);
    this.#memory = new Float32Array(capacity);
    this.#rx = new Float32Array(hasNetwork ? capacity : 0);
    this.#tx = new Float32Array(hasNetwork ? capacity : 0);
  }

  /** Add the values of the tick after the last. */
  add(cpuPercent: number, memoryBytes: number, rxBytes = NaN, txBytes = NaN): void {
    const tick = ++this.last;
    const capacity = this.#cpu.length;
    if (tick - this.first >= capacity && capacity < this.limit) {
      this.#grow(Math.min(this.limit, capacity * 2));
    }
    const slot = tick % this.#cpu.length;
    this.#cpu[slot] = cpuPercent;
    this.#memory[slot] = memoryBytes;
    if (!this.hasNetwork) return;
    this.#rx[slot] = rxBytes;
    this.#tx[slot] = txBytes;
  }

  /** Whether there is a value for a tick. */
  has(tick: number): boolean {
    return tick >= this.first && tick <= this.last && tick > this.last - this.#cpu.length;
  }

  /** CPU at a tick in percent of a core; NaN where it is unknown. */
  cpuAt(tick: number): number {
    return this.has(tick) ? this.#cpu[tick % this.#cpu.length] : NaN;
  }

  /** Memory at a tick in bytes, to seven digits; NaN where it is unknown. */
  memoryAt(tick: number): number {
    return this.has(tick) ? this.#memory[tick % this.#memory.length] : NaN;
  }

  /** Bytes received in a second at a tick; NaN where that is unknown. */
  rxAt(tick: number): number {
    return this.hasNetwork && this.has(tick) ? this.#rx[tick % this.#rx.length] : NaN;
  }

  /** The same, sent. */
  txAt(tick: number): number {
    return this.hasNetwork && this.has(tick) ? this.#tx[tick % this.#tx.length] : NaN;
  }

  #grow(capacity: number): void {
    this.#cpu = this.#grown(this.#cpu, capacity);
    this.#memory = this.#grown(this.#memory, capacity);
    if (!this.hasNetwork) return;
    this.#rx = this.#grown(this.#rx, capacity);
    this.#tx = this.#grown(this.#tx, capacity);
  }

  #grown(ring: Float32Array, capacity: number): Float32Array<ArrayBuffer> {
    const grown = new Float32Array(capacity);
    for (let tick = Math.max(this.first, this.last - ring.length); tick < this.last; tick++) {
      grown[tick % capacity] = ring[tick % ring.length];
    }
    return grown;
  }
}
