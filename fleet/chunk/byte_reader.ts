/** Stored bytes are not what they were written as. */
export class CorruptData extends Error {
  override readonly name = "CorruptData";
}

const DECODER = new TextDecoder();

/** Reads what a ByteWriter wrote, and never past its end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** Only of those that numbers of fixed length are read from: there is a reader of every series. */
  #view: DataView | null = null;
  #at: number;

  /**
   * @param from where it begins
   * @param end what is from here on is another's to read
   */
  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** A reader of the next so many bytes, which are passed. */
  part(count: number): ByteReader {
    this.skip(count);
    return new ByteReader(this.#bytes, this.#at - count, this.#at);
  }

  byte(): number {
    if (this.#at >= this.#end) throw new CorruptData("ends too early");
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
    if (at > this.#end) throw new CorruptData("ends too early");
    this.#at = at;
  }

  /** A number of things that are still to be read, each of which takes at least so many bytes. */
  count(bytesEach = 1): number {
    const count = this.varint();
    if (count * bytesEach > this.left) throw new CorruptData("promises more than there is");
    return count;
  }

  double(): number {
    this.skip(8);
    return this.#fixed().getFloat64(this.#at - 8, true);
  }

  uint32(): number {
    this.skip(4);
    return this.#fixed().getUint32(this.#at - 4, true);
  }

  /** So many bytes: not a copy. */
  bytes(count: number): Uint8Array {
    this.skip(count);
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** So many bytes, to the beginning of others: without a view of them, which takes longer where they are few. */
  copy(into: Uint8Array, count: number): void {
    this.skip(count);
    for (let at = 0, from = this.#at - count; at < count; at++) into[at] = this.#bytes[from + at]!;
  }

  block(): Uint8Array {
    return this.bytes(this.varint());
  }

  text(): string {
    return DECODER.decode(this.block());
  }

  /** @throws CorruptData where something is left */
  end(): void {
    if (this.left > 0) throw new CorruptData("goes on after its end");
  }

  /** Pass so many bytes. */
  skip(count: number): void {
    if (count > this.left) throw new CorruptData("ends too early");
    this.#at += count;
  }

  #fixed(): DataView {
    const { buffer, byteOffset, length } = this.#bytes;
    return this.#view ??= new DataView(buffer, byteOffset, length);
  }
}
