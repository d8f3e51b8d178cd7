const FIRST_CAPACITY = 16;

/** CPU and memory of something, tick by tick: rings that grow up to a limit, then forget what is oldest. */
export class Series {
  /** The last tick that has a value. */
  last: number;
  #cpu: Float32Array;
  #memory: Float32Array;

  /** @param first the first tick there will be a value for; @param limit how many ticks are kept at most */
  constructor(readonly first: number, readonly limit: number) {
    const capacity = Math.min(FIRST_CAPACITY, limit);
    this.last = first - 1;
    this.#cpu = new Float32Array(capacity);
    this.#memory = new Float32Array(capacity);
  }

  /** Add the values of the tick after the last. */
  add(cpuPercent: number, memoryBytes: number): void {
    const tick = ++this.last;
    const capacity = this.#cpu.length;
    if (tick - this.first >= capacity && capacity < this.limit) {
      this.#grow(Math.min(this.limit, capacity * 2));
    }
    const slot = tick % this.#cpu.length;
    this.#cpu[slot] = cpuPercent;
    this.#memory[slot] = memoryBytes;
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

  #grow(capacity: number): void {
    const [cpu, memory] = [this.#cpu, this.#memory];
    this.#cpu = new Float32Array(capacity);
    this.#memory = new Float32Array(capacity);
    for (let tick = Math.max(this.first, this.last - cpu.length); tick < this.last; tick++) {
      this.#cpu[tick % capacity] = cpu[tick % cpu.length];
      this.#memory[tick % capacity] = memory[tick % memory.length];
    }
  }
}
