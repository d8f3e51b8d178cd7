import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** What unpacks to more is left to the runtime: messages of agents are smaller, and what is used again stays small. */
const MOST_BYTES = 1 << 16;
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
/** The magic number, deflate, and nothing more in the header. */
const HEADER = [0x1f, 0x8b, 8, 0];
/** Codes of so many bits are found by one look; longer ones, which are rare, bit by bit. */
const FAST_BITS = 10;
const FAST_MASK = (1 << FAST_BITS) - 1;
const LONGEST_CODE = 15;
const END_OF_BLOCK = 256;
const LITERALS = 288;
const DISTANCES = 30;
/** The order in which lengths of codes of lengths come (RFC 1951, 3.2.7). */
const ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);
const LENGTH_BITS = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const LENGTH_BASE = bases(3, LENGTH_BITS);
// 28 with its extra bits would be 258 twice: it has none.
LENGTH_BASE[28] = 258;
const DISTANCE_BITS = Uint8Array.from({ length: DISTANCES }, (_, code) => Math.max(0, (code >> 1) - 1));
const DISTANCE_BASE = bases(1, DISTANCE_BITS);

/** A canonical Huffman code, laid out to be read. */
class Code {
  /** By the next bits: symbol << 4 | bits of its code; 0 where the code is longer, or is not one. */
  readonly fast = new Uint16Array(1 << FAST_BITS);
  readonly counts = new Uint16Array(LONGEST_CODE + 1);
  readonly symbols = new Uint16Array(LITERALS);
  readonly #next = new Uint16Array(LONGEST_CODE + 1);
  readonly #places = new Uint16Array(LONGEST_CODE + 1);

  /**
   * Lay out a code by the lengths of its symbols; false where there are more symbols than codes, or fewer.
   * @param mayLack whether it may have no symbol, or one of one bit
   */
  set(lengths: Uint8Array, from: number, until: number, mayLack: boolean): boolean {
    const { fast, counts, symbols } = this;
    counts.fill(0);
    for (let at = from; at < until; at++) counts[lengths[at]]++;
    const count = until - from - counts[0];
    counts[0] = 0;
    let left = 1;
    for (let length = 1, code = 0, place = 0; length <= LONGEST_CODE; length++) {
      left = (left << 1) - counts[length];
      if (left < 0) return false;
      this.#next[length] = code;
      this.#places[length] = place;
      code = (code + counts[length]) << 1;
      place += counts[length];
    }
    if (left > 0 && !(mayLack && count === counts[1])) return false;
    fast.fill(0);
    for (let at = from; at < until; at++) {
      const length = lengths[at];
      if (length === 0) continue;
      const symbol = at - from;
      symbols[this.#places[length]++] = symbol;
      const code = this.#next[length]++;
      if (length > FAST_BITS) continue;
      const entry = symbol << 4 | length;
      for (let bits = reversed(code, length); bits < fast.length; bits += 1 << length) fast[bits] = entry;
    }
    return true;
  }

  /** What `fast` would have of a code that is longer; 0 where it is not one. */
  find(hold: number): number {
    for (let length = 1, bits = 0, first = 0, place = 0; length <= LONGEST_CODE; length++) {
      bits |= hold >>> length - 1 & 1;
      const count = this.counts[length];
      if (bits - first < count) return this.symbols[place + bits - first] << 4 | length;
      place += count;
      first = (first + count) << 1;
      bits <<= 1;
    }
    return 0;
  }
}

/**
 * Unpacks small gzip files into one buffer that is used again and again. The runtime makes a stream, a window and a
 * buffer of 16 KiB for each, which costs a manager more than the unpacking itself.
 */
class Unpacker {
  readonly #out = Buffer.alloc(MOST_BYTES);
  readonly #lengths = new Uint8Array(LITERALS + 32);
  readonly #literals = new Code();
  readonly #distances = new Code();
  readonly #ofLengths = new Code();
  #bytes: Uint8Array = this.#out;
  #at = 0;
  #end = 0;
  #count = 0;
  /** Bits that were taken from the bytes and not used yet, the next one lowest. */
  #hold = 0;
  #held = 0;

  unpack(bytes: Uint8Array, most: number): Uint8Array | null {
    const end = bytes.length - TRAILER_BYTES;
    if (end < HEADER_BYTES || HEADER.some((byte, at) => bytes[at] !== byte)) return null;
    const size = uint32(bytes, end + 4);
    if (size > most || size > MOST_BYTES) return null;
    this.#bytes = bytes;
    this.#end = end;
    this.#at = HEADER_BYTES;
    this.#count = this.#hold = this.#held = 0;
    while (true) {
      const isLast = this.#bits(1);
      const kind = this.#bits(2);
      if (kind === 0 ? !this.#stored() : !(this.#readCodes(kind) && this.#block())) return null;
      if (isLast === 1) break;
    }
    // Another file may follow, which is for the runtime to read.
    if (this.#at - (this.#held >> 3) !== end || this.#count !== size) return null;
    const unpacked = this.#out.subarray(0, size);
    return crc32(unpacked) === uint32(bytes, end) ? unpacked : null;
  }

  /** The next bits as a number; -1 where there are not so many. */
  #bits(count: number): number {
    while (this.#held < count) {
      if (this.#at === this.#end) return -1;
      this.#hold |= this.#bytes[this.#at++] << this.#held;
      this.#held += 8;
    }
    const value = this.#hold & (1 << count) - 1;
    this.#hold >>>= count;
    this.#held -= count;
    return value;
  }

  #stored(): boolean {
    let from = this.#at - (this.#held >> 3);
    this.#hold = this.#held = 0;
    const [bytes, end] = [this.#bytes, this.#end];
    if (from + 4 > end) return false;
    const length = bytes[from] | bytes[from + 1] << 8;
    if ((length ^ 0xffff) !== (bytes[from + 2] | bytes[from + 3] << 8)) return false;
    from += 4;
    if (from + length > end || this.#count + length > MOST_BYTES) return false;
    this.#out.set(bytes.subarray(from, from + length), this.#count);
    this.#count += length;
    this.#at = from + length;
    return true;
  }

  #readCodes(kind: number): boolean {
    const lengths = this.#lengths;
    if (kind === 1) {
      lengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, LITERALS);
      // Two of them are distances that there are not.
      lengths.fill(5, LITERALS, LITERALS + 32);
      return this.#literals.set(lengths, 0, LITERALS, false) &&
        this.#distances.set(lengths, LITERALS, LITERALS + 32, false);
    }
    if (kind !== 2) return false;
    const literals = this.#bits(5) + 257;
    const all = literals + this.#bits(5) + 1;
    const lengthCount = this.#bits(4) + 4;
    if (literals > 286 || all > literals + DISTANCES) return false;
    lengths.fill(0, 0, ORDER.length);
    for (let n = 0; n < lengthCount; n++) {
      const length = this.#bits(3);
      if (length < 0) return false;
      lengths[ORDER[n]] = length;
    }
    return this.#ofLengths.set(lengths, 0, ORDER.length, false) && this.#readLengths(all) &&
      this.#literals.set(lengths, 0, literals, true) && this.#distances.set(lengths, literals, all, true);
  }

  #readLengths(all: number): boolean {
    const lengths = this.#lengths;
    for (let at = 0; at < all;) {
      const symbol = this.#symbol(this.#ofLengths);
      if (symbol < 0) return false;
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      if (symbol === 16 && at === 0) return false;
      const length = symbol === 16 ? lengths[at - 1] : 0;
      const more = symbol === 16 ? this.#bits(2) : symbol === 17 ? this.#bits(3) : this.#bits(7);
      const until = at + (symbol === 18 ? 11 : 3) + more;
      if (more < 0 || until > all) return false;
      lengths.fill(length, at, until);
      at = until;
    }
    return true;
  }

  /** The next symbol of a code; -1 where the bits are not one of its codes. */
  #symbol(code: Code): number {
    for (; this.#held <= 24 && this.#at < this.#end; this.#held += 8) {
      this.#hold |= this.#bytes[this.#at++] << this.#held;
    }
    const entry = code.fast[this.#hold & FAST_MASK] || code.find(this.#hold);
    const length = entry & 15;
    if (length === 0 || length > this.#held) return -1;
    this.#hold >>>= length;
    this.#held -= length;
    return entry >> 4;
  }

  /** Unpack up to the end of a block. Bits are in local variables meanwhile: that takes a quarter less time. */
  #block(): boolean {
    const out = this.#out;
    const bytes = this.#bytes;
    const end = this.#end;
    const literals = this.#literals;
    const distances = this.#distances;
    const fastLiterals = literals.fast;
    const fastDistances = distances.fast;
    let at = this.#at;
    let hold = this.#hold;
    let held = this.#held;
    let count = this.#count;
    while (true) {
      for (; held <= 24 && at < end; held += 8) hold |= bytes[at++] << held;
      let entry = fastLiterals[hold & FAST_MASK] || literals.find(hold);
      // With its extra bits 20 at most: they are there, but at the end.
      let used = entry & 15;
      if (used === 0 || used > held) return false;
      hold >>>= used;
      held -= used;
      const symbol = entry >> 4;
      if (symbol < END_OF_BLOCK) {
        if (count === MOST_BYTES) return false;
        out[count++] = symbol;
        continue;
      }
      if (symbol === END_OF_BLOCK) break;
      const code = symbol - END_OF_BLOCK - 1;
      if (code >= LENGTH_BITS.length) return false;
      let length = LENGTH_BASE[code];
      used = LENGTH_BITS[code];
      if (used > 0) {
        if (used > held) return false;
        length += hold & (1 << used) - 1;
        hold >>>= used;
        held -= used;
      }
      for (; held <= 24 && at < end; held += 8) hold |= bytes[at++] << held;
      entry = fastDistances[hold & FAST_MASK] || distances.find(hold);
      used = entry & 15;
      const far = entry >> 4;
      if (used === 0 || used > held || far >= DISTANCES) return false;
      hold >>>= used;
      held -= used;
      for (; held <= 24 && at < end; held += 8) hold |= bytes[at++] << held;
      let distance = DISTANCE_BASE[far];
      used = DISTANCE_BITS[far];
      if (used > 0) {
        if (used > held) return false;
        distance += hold & (1 << used) - 1;
        hold >>>= used;
        held -= used;
      }
      if (distance > count || count + length > MOST_BYTES) return false;
      for (const until = count + length; count < until; count++) out[count] = out[count - distance];
    }
    this.#at = at;
    this.#hold = hold;
    this.#held = held;
    this.#count = count;
    return true;
  }
}

let unpacker: Unpacker | undefined;

/**
 * What a gzip file of one member has in it, where that is small; it holds until the next call. Null for all else, and
 * for what is broken: the runtime reads it, or says what is wrong.
 * @param most bytes that are taken
 */
export function gunzipSmall(bytes: Uint8Array, most: number): Uint8Array | null {
  unpacker ??= new Unpacker();
  return unpacker.unpack(bytes, most);
}

function reversed(code: number, length: number): number {
  let bits = 0;
  for (let n = 0; n < length; n++) bits |= (code >> n & 1) << length - 1 - n;
  return bits;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0;
}

/** The lowest value of each code: all that those before it can say lie below. */
function bases(first: number, bits: Uint8Array): Uint16Array {
  const all = new Uint16Array(bits.length);
  for (let code = 0, base = first; code < bits.length; base += 1 << bits[code++]) all[code] = base;
  return all;
}
