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
const ARE_DIFFERENCES = 0x80;

/** The layout that takes the fewest bits; null where that would be many. */
export function noiseBits(integers: Float64Array): BitLayout | null {
  const own = layoutOf(integers, 0, false);
  const differences = layoutOf(differencesOf(integers), 1, true);
  const best = differences.width < own.width ? differences : own;
  return best.width > MAX_WIDTH ? null : best;
}

/** A layout, then integers by it. */
export function writeBits(integers: Float64Array, layout: BitLayout, writer: ByteWriter): void {
  const { areDifferences, least, width } = layout;
  writer.byte(width | (areDifferences ? ARE_DIFFERENCES : 0));
  writer.varint(zigzag(least));
  const values = areDifferences ? differencesOf(integers) : integers;
  if (areDifferences) writer.varint(zigzag(integers[0]!));
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
  const range = 2 ** width;
  let held = 0;
  let bits = 0;
  for (let at = first; at < integers.length; at++) {
    for (; bits < width; bits += 8) held += reader.byte() * 2 ** bits;
    const value = held % range + least;
    held = Math.floor(held / range);
    bits -= width;
    integers[at] = areDifferences ? integers[at - 1]! + value : value;
  }
}

function differencesOf(integers: Float64Array): Float64Array {
  return integers.map((value, at) => at === 0 ? 0 : value - integers[at - 1]!);
}

function layoutOf(values: Float64Array, from: number, areDifferences: boolean): BitLayout {
  let least = Infinity;
  let most = -Infinity;
  for (let at = from; at < values.length; at++) {
    least = Math.min(least, values[at]!);
    most = Math.max(most, values[at]!);
  }
  return { areDifferences, least, width: Math.ceil(Math.log2(most - least + 1)) };
}
