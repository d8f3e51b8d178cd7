/** What a bucket keeps of the readings in it. */
export type Kept = "mean" | "max" | "min" | "sum" | "first";

/**
 * A window that slides over the readings of many things: each has so many buckets in a row, the newest of which is
 * still being filled. A window is exact to one bucket, and costs the same however long it is.
 */
export class Ring {
  readonly widthMs: number;
  #newest: Float64Array;
  #values: Float64Array;
  #counts: Float32Array;

  constructor(readonly kept: Kept, readonly windowMs: number, readonly parts: number, capacity: number) {
    this.widthMs = windowMs / parts;
    this.#newest = new Float64Array(capacity).fill(-Infinity);
    this.#values = new Float64Array(capacity * parts);
    this.#counts = new Float32Array(capacity * parts);
  }

  /** Bytes that a ring takes for so many things. */
  static bytes(parts: number, capacity: number): number {
    return capacity * (8 + 12 * parts);
  }

  grow(capacity: number): void {
    const [newest, values, counts] = [this.#newest, this.#values, this.#counts];
    this.#newest = new Float64Array(capacity).fill(-Infinity);
    this.#values = new Float64Array(capacity * this.parts);
    this.#counts = new Float32Array(capacity * this.parts);
    this.#newest.set(newest);
    this.#values.set(values);
    this.#counts.set(counts);
  }

  /** Forget a thing: another takes its place. */
  clear(slot: number): void {
    this.#newest[slot] = -Infinity;
  }

  /** Take a reading; one that is older than the window is passed over. */
  add(slot: number, time: number, value: number): void {
    if (value !== value) return;
    const { parts } = this;
    const bucket = Math.floor(time / this.widthMs);
    const newest = this.#newest[slot];
    const base = slot * parts;
    if (bucket > newest) {
      const emptied = Math.min(parts, bucket - newest);
      for (let back = 0; back < emptied; back++) this.#counts[base + (bucket - back) % parts] = 0;
      this.#newest[slot] = bucket;
    } else if (bucket <= newest - parts) return;
    const at = base + bucket % parts;
    const isFirst = this.#counts[at]++ === 0;
    if (isFirst) this.#values[at] = value;
    else if (this.kept === "max") this.#values[at] = Math.max(this.#values[at], value);
    else if (this.kept === "min") this.#values[at] = Math.min(this.#values[at], value);
    else if (this.kept !== "first") this.#values[at] += value;
  }

  /** Visit the buckets of a window that ends at a time, the oldest first: those that have readings. */
  each(slot: number, now: number, visit: (start: number, value: number, count: number) => void): void {
    const { parts } = this;
    const [newest, base] = [this.#newest[slot], slot * parts];
    const first = Math.max(newest, Math.floor(now / this.widthMs)) - parts + 1;
    for (let bucket = Math.max(first, newest - parts + 1); bucket <= newest; bucket++) {
      const at = base + bucket % parts;
      if (this.#counts[at] > 0) visit(bucket * this.widthMs, this.#values[at], this.#counts[at]);
    }
  }

  /** What the window comes to: the mean, the sum or the extreme, as it is kept; NaN for no reading. */
  total(slot: number, now: number): number {
    const { parts, kept } = this;
    const [newest, base] = [this.#newest[slot], slot * parts];
    const first = Math.max(newest, Math.floor(now / this.widthMs)) - parts + 1;
    let [result, count] = [NaN, 0];
    for (let bucket = Math.max(first, newest - parts + 1); bucket <= newest; bucket++) {
      const at = base + bucket % parts;
      if (this.#counts[at] === 0) continue;
      const value = this.#values[at];
      if (count === 0) result = value;
      else if (kept === "max") result = Math.max(result, value);
      else if (kept === "min") result = Math.min(result, value);
      else if (kept !== "first") result += value;
      count += this.#counts[at];
    }
    return kept === "mean" ? result / count : result;
  }

  /** How many readings are in the window. */
  count(slot: number, now: number): number {
    let count = 0;
    this.each(slot, now, (_start, _value, one) => count += one);
    return count;
  }
}
