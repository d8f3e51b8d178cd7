/** What a column holds decides its width: percentages, whole numbers, or anything. */
export type ColumnKind = "percent" | "count" | "number";

/** In a column of 32-bit counts: not known. */
const UNKNOWN = 0xffff_ffff;
/** A short task should not pay for a long history. */
const FIRST_CAPACITY = 16;

/**
 * One metric of a ring, null where it is not known. It has no memory before the first known value, grows up to the
 * ring's size, and counts take four bytes each until one needs more.
 */
export class HistoryColumn {
  #values: Float64Array | Float32Array | Uint32Array | undefined;

  /** @param size the most slots the ring has */
  constructor(readonly kind: ColumnKind, readonly size: number) {}

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#values?.byteLength ?? 0;
  }

  /** The value in a slot, as it was set; a percentage to the hundredth. */
  get(slot: number): number | null {
    const value = this.#values?.[slot];
    if (value === undefined || Number.isNaN(value)) return null;
    if (this.#values instanceof Uint32Array && value === UNKNOWN) return null;
    return this.kind === "percent" ? Math.round(value * 100) / 100 : value;
  }

  /** Set the value of a slot. */
  set(slot: number, value: number | null): void {
    if (!this.#values && value === null) return;
    this.#values ??= this.#fresh(this.kind === "count", FIRST_CAPACITY);
    if (slot >= this.#values.length) this.#copyInto(this.#values instanceof Uint32Array, slot + 1);
    if (this.#values instanceof Uint32Array) {
      const fits = value === null || (Number.isInteger(value) && value >= 0 && value < UNKNOWN);
      if (!fits) this.#copyInto(false, this.#values.length);
    }
    this.#values[slot] = value ?? (this.#values instanceof Uint32Array ? UNKNOWN : NaN);
  }

  #fresh(narrow: boolean, capacity: number): Float64Array | Float32Array | Uint32Array {
    const length = Math.min(this.size, capacity);
    if (narrow) return new Uint32Array(length).fill(UNKNOWN);
    return (this.kind === "percent" ? new Float32Array(length) : new Float64Array(length)).fill(NaN);
  }

  /** To an array that is wider, or longer: twice as long, so that growing costs little each time. */
  #copyInto(narrow: boolean, atLeast: number): void {
    const before = this.#values!;
    const longer = atLeast > before.length ? Math.max(atLeast, before.length * 2) : before.length;
    const after = this.#fresh(narrow, longer);
    for (let slot = 0; slot < before.length; slot++) {
      const unknown = before instanceof Uint32Array && before[slot] === UNKNOWN;
      if (!unknown) after[slot] = before[slot];
    }
    this.#values = after;
  }
}
