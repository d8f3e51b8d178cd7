import { CorruptData } from "./byte_reader.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { unzigzag, zigzag } from "./scaled.ts";

/** How integers fit into bits: each by what it is above the least, itself or as the difference to the one before. */
export interface BitLayout {
  readonly areDifferences: boolean;
  readonly least: number;
  readonly width: number;
}

const MAX_WIDTH = 40;
/** Bytes are read six at a time. */
const PADDING = 6;
const ARE_DIFFERENCES = 0x80;
const POWERS = Float64Array.from({ length: 33 }, (_, exponent) => 2 ** exponent);

/** The least and the most of integers, or of their differences. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** The layout of integers, or of their differences, that takes the fewest bits; null where that would be many. */
export function noiseBits(integers: Range, differences: Range): BitLayout | null {
  const own = layoutOf(integers, false);
  const theirs = layoutOf(differences, true);
  const best = theirs.width < own.width ? theirs : own;
  return best.width > MAX_WIDTH ? null : best;
}

/**
 * Write a layout, and integers by it.
 * @param values the integers, or their differences
 * @param first the first of the integers
 */
export function writeBits(values: Float64Array, first: number, layout: BitLayout, writer: ByteWriter): void {
  const { areDifferences, least, width } = layout;
  writer.byte(width | (areDifferences ? ARE_DIFFERENCES : 0));
  writer.varint(zigzag(least));
  if (areDifferences) writer.varint(zigzag(first));
  let held = 0;
  let bits = 0;
  for (let at = areDifferences ? 1 : 0; at < values.length; at++) {
    held += (values[at]! - least) * 2 ** bits;
    for (bits += width; bits >= 8; bits -= 8) {
      writer.byte(held % 256);
      held = Math.floor(held / 256);
    }
  }
  if (bits > 0) writer.byte(held);
}

/**
 * Integers again.
 * @throws CorruptData
 */
export function readBits(reader: ByteReader, integers: Float64Array): void {
  const head = reader.byte();
  const width = head & ~ARE_DIFFERENCES;
  if (width > MAX_WIDTH) throw new CorruptData("has numbers of too many bits");
  const areDifferences = head >= ARE_DIFFERENCES;
  const least = unzigzag(reader.varint());
  const first = areDifferences ? 1 : 0;
  if (areDifferences) integers[0] = unzigzag(reader.varint());
  if (width === 0) {
    for (let at = first; at < integers.length; at++) {
      integers[at] = areDifferences ? integers[at - 1]! + least : least;
    }
    return;
  }
  const bytes = new Uint8Array(Math.ceil((integers.length - first) * width / 8) + PADDING);
  reader.copy(bytes, bytes.length - PADDING);
  const mask = width < 32 ? (1 << width) - 1 : -1;
  let before = areDifferences ? integers[0]! : 0;
  for (let at = first, from = 0, shift = 0; at < integers.length; at++) {
    const above = (bytes[from]! | bytes[from + 1]! << 8 | bytes[from + 2]! << 16 | bytes[from + 3]! << 24) >>>
      shift;
    // So many of its bits are in the next two bytes.
    const more = width + shift - 32;
    let value = more > 0
      ? above + ((bytes[from + 4]! | bytes[from + 5]! << 8) & ((1 << more) - 1)) * POWERS[32 - shift]!
      : (above & mask) >>> 0;
    value += least;
    integers[at] = areDifferences ? before += value : value;
    shift += width;
    from += shift >> 3;
    shift &= 7;
  }
}

function layoutOf({ least, most }: Range, areDifferences: boolean): BitLayout {
  return { areDifferences, least, width: Math.ceil(Math.log2(most - least + 1)) };
}
