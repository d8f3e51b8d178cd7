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
    let byte = this.byte();
    let value = byte & 0x7f;
    for (let factor = 128; byte >= 0x80; factor *= 128) {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new CorruptData("has a number that is too large");
    }
    return value;
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
