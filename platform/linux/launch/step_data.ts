/** Room to begin with: most environments fit. */
const INITIAL_SIZE = 8_192;

/**
 * What a program of system calls points at (strings, arrays, structs), laid out from an address that is known before
 * the bytes are put there.
 */
export class StepData {
  #bytes = new Uint8Array(INITIAL_SIZE);
  #size = 0;

  /** @param address where the first byte will lie, a multiple of eight */
  constructor(readonly address: number) {}

  /** Bytes laid out so far. */
  get size(): number {
    return this.#size;
  }

  /** Add bytes, aligned to eight; returns the address they will have. */
  add(bytes: Uint8Array): number {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this.address + at;
  }

  /** Add zeroed bytes. */
  zeroes(size: number): number {
    return this.address + this.#reserve(size);
  }

  /** Add a C string. */
  string(text: string | Uint8Array): number {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const at = this.#reserve(bytes.length + 1);
    this.#bytes.set(bytes, at);
    return this.address + at;
  }

  /** Add a NULL-terminated array of C strings. */
  strings(list: readonly (string | Uint8Array)[]): number {
    return this.words([...list.map((item) => this.string(item)), 0]);
  }

  /** Add an array of 64-bit words. */
  words(values: readonly (number | bigint)[]): number {
    return this.add(new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer));
  }

  /** All of it, in order. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** Room for so many zeroed bytes; returns the offset. */
  #reserve(size: number): number {
    const at = this.#size;
    this.#size = Math.ceil((at + size) / 8) * 8;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}
