import { KnownTexts } from "../known_texts.ts";
import { MqttFault } from "./fault.ts";

/** Topics above all. */
const texts = new KnownTexts(4_096, 256);

/** Reads the fields of a packet one after another. */
export class FieldReader {
  #at = 0;

  /** @param what it is a part of, for what is said of one that ends too early */
  constructor(readonly bytes: Uint8Array, readonly what: string) {}

  /** Bytes that are left. */
  get left(): number {
    return this.bytes.length - this.#at;
  }

  byte(): number {
    return this.bytes[this.#pass(1)];
  }

  uint16(): number {
    const at = this.#pass(2);
    return this.bytes[at] << 8 | this.bytes[at + 1];
  }

  uint32(): number {
    return this.uint16() * 65_536 + this.uint16();
  }

  /** A number of one to four bytes, seven bits in each. */
  varint(): number {
    let value = 0;
    for (let count = 0; count < 4; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 128 ** count;
      if (byte < 0x80) return value;
    }
    throw new MqttFault(`a length in its ${this.what} has more than four bytes`);
  }

  /** So many bytes, not copied. */
  part(count: number): Uint8Array {
    const at = this.#pass(count);
    return this.bytes.subarray(at, at + count);
  }

  /** Bytes with their length before them. */
  binary(): Uint8Array {
    return this.part(this.uint16());
  }

  /** A text with its length before it; what is not UTF-8 in it becomes U+FFFD, for whoever reads it to refuse. */
  text(): string {
    const length = this.uint16();
    const from = this.#pass(length);
    const known = texts.find(this.bytes, from, this.#at);
    if (known !== null) return known;
    const { buffer, byteOffset } = this.bytes;
    return texts.keep(Buffer.from(buffer, byteOffset + from, length).toString());
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.part(this.left);
  }

  #pass(count: number): number {
    const at = this.#at;
    if (count > this.left) throw new MqttFault(`its ${this.what} ends too early`);
    this.#at += count;
    return at;
  }
}
