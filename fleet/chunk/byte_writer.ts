const FIRST_SIZE = 256;
const FEW_BYTES = 128;
const ENCODER = new TextEncoder();

/** Bytes that grow as they are written. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  /** Only of those that numbers of fixed length are written to: there is a writer of every agent. */
  #view: DataView | null = null;
  #length = 0;

  constructor(size = FIRST_SIZE) {
    this.#bytes = new Uint8Array(size);
  }

  get length(): number {
    return this.#length;
  }

  /** What is held in memory for them. */
  get capacity(): number {
    return this.#bytes.length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** An integer from 0 to 2^53 - 1: seven bits a byte, the lowest first. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#fixed().setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#fixed().setUint32(this.#length, value, true);
    this.#length += 4;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Bytes with their number before them. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  /** What another has written: few bytes are copied one by one, without a view of them. */
  allOf(other: ByteWriter): void {
    const length = other.#length;
    if (length > FEW_BYTES) return this.bytes(other.written());
    this.#reserve(length);
    for (let at = 0; at < length; at++) this.#bytes[this.#length + at] = other.#bytes[at]!;
    this.#length += length;
  }

  /** The same with its number before it. */
  blockOf(other: ByteWriter): void {
    this.varint(other.#length);
    this.allOf(other);
  }

  text(text: string): void {
    this.block(ENCODER.encode(text));
  }

  /** Begin anew. */
  clear(): void {
    this.#length = 0;
  }

  /** What is written so far: not a copy, and good until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #fixed(): DataView {
    return this.#view ??= new DataView(this.#bytes.buffer);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, Math.ceil(this.#bytes.length * 1.5)));
    grown.set(this.written());
    this.#bytes = grown;
    this.#view = null;
  }
}
