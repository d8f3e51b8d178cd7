/** So small that little is left empty in the last one of each of many writers. */
const BLOCK_BYTES = 2_048;
/** How many of its bytes are written is in its last two. */
const ROOM = BLOCK_BYTES - 2;
/** A number of bytes takes no more. */
const LONGEST = 8;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * Bytes that grow as they are written, block by block. There is a writer of every agent: one buffer each that is copied
 * into a larger one again and again would leave twice as much to the collector as there is.
 */
export class BlockWriter {
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  #block: Uint8Array<ArrayBuffer> | null = null;
  /** Where the next byte is written to in the block. */
  #at = ROOM;

  /** What is held in memory for them. */
  get capacity(): number {
    return (this.#full.length + (this.#block === null ? 0 : 1)) * BLOCK_BYTES;
  }

  byte(value: number): void {
    const block = this.#reserve();
    block[this.#at++] = value;
  }

  /** An integer from 0 to 2^53 - 1: seven bits a byte, the lowest first. */
  varint(value: number): void {
    const block = this.#reserve();
    let at = this.#at;
    let rest = value;
    while (rest >= 0x8000_0000) {
      block[at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      block[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    block[at++] = rest;
    this.#at = at;
  }

  double(value: number): void {
    const block = this.#reserve();
    scratch.setFloat64(0, value, true);
    for (let n = 0; n < 8; n++) block[this.#at++] = scratch.getUint8(n);
  }

  /** A copy of what is written so far. */
  written(): Uint8Array<ArrayBuffer> {
    const last = this.#block?.subarray(0, this.#at) ?? new Uint8Array(0);
    const full = this.#full.map((block) => block.subarray(0, block[ROOM]! | block[ROOM + 1]! << 8));
    const bytes = new Uint8Array(full.reduce((sum, { length }) => sum + length, last.length));
    let at = 0;
    for (const part of [...full, last]) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** The block that the next number goes to, which has room for it. */
  #reserve(): Uint8Array<ArrayBuffer> {
    const block = this.#block;
    if (block !== null && this.#at + LONGEST <= ROOM) return block;
    if (block !== null) {
      block[ROOM] = this.#at & 0xff;
      block[ROOM + 1] = this.#at >> 8;
      this.#full.push(block);
    }
    this.#at = 0;
    return this.#block = new Uint8Array(BLOCK_BYTES);
  }
}
