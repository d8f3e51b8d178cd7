/** Stored bytes are not what they were written as. */
export class CorruptData extends Error {
  override readonly name = "CorruptData";
}

/** Reads what a ByteWriter wrote, and never past its end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new CorruptData("ends too early");
    return this.#bytes[this.#at++]!;
  }

  varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++];
    if (byte === undefined) throw new CorruptData("ends too early");
    let value = byte & 0x7f;
    for (let factor = 128; byte >= 0x80; factor *= 128) {
      byte = bytes[this.#at++];
      if (byte === undefined) throw new CorruptData("ends too early");
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new CorruptData("has a number that is too large");
    }
    return value;
  }

  /** Integers of either sign, as {@link zigzag} makes them, one after the other. */
  integers(into: Float64Array): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = 0; index < into.length; index++) {
      let byte = bytes[at++]!;
      let value = byte & 0x7f;
      for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
        byte = bytes[at++]!;
        value |= (byte & 0x7f) << shift;
      }
      if (byte < 0x80) {
        into[index] = (value >>> 1) ^ -(value & 1);
      } else {
        const isNegative = (value & 1) === 1;
        for (let factor = 2 ** 28; byte >= 0x80 && factor < 2 ** 63; factor *= 128) {
          byte = bytes[at++]!;
          value += (byte & 0x7f) * factor;
        }
        if (value > Number.MAX_SAFE_INTEGER) throw new CorruptData("has a number that is too large");
        into[index] = isNegative ? -(value + 1) / 2 : value / 2;
      }
    }
    // Beyond the end there was nothing, which ends a number.
    if (at > bytes.length) throw new CorruptData("ends too early");
    this.#at = at;
  }

  /** A number of things that are still to be read, each of which takes at least so many bytes. */
  count(bytesEach = 1): number {
    const count = this.varint();
    if (count * bytesEach > this.left) throw new CorruptData("promises more than there is");
    return count;
  }

  double(): number {
    this.#take(8);
    return this.#view.getFloat64(this.#at - 8, true);
  }

  uint32(): number {
    this.#take(4);
    return this.#view.getUint32(this.#at - 4, true);
  }

  /** So many bytes: not a copy. */
  bytes(count: number): Uint8Array {
    this.#take(count);
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  block(): Uint8Array {
    return this.bytes(this.varint());
  }

  text(): string {
    return new TextDecoder().decode(this.block());
  }

  /** @throws CorruptData where something is left */
  end(): void {
    if (this.left > 0) throw new CorruptData("goes on after its end");
  }

  #take(count: number): void {
    if (count > this.left) throw new CorruptData("ends too early");
    this.#at += count;
  }
}
