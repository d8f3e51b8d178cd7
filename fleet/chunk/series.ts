import { ByteReader, CorruptData } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { noiseBits, readBits, writeBits } from "./bits.ts";
import { fromScaled, MAX_SCALE, scaleOf, toScaled, unzigzag, zigzag } from "./scaled.ts";

/*
 * One column of one task: a kind byte, which tells most of what there is to know, and the bytes that this kind has.
 * Values are integers by a scale (a power of ten) where each of them comes back as the very same double, else
 * doubles.
 */
const ABSENT = 0;
/** One value stands for all. */
const SAME = 1;
const SAME_RAW = 2;
/** Each is the difference to the one before: counters. */
const DIFFERENCES = 3;
/** Each is for itself: gauges that jump. */
const VALUES = 4;
/** Doubles, the first bytes of all of them first: these are alike. */
const RAW = 5;
/** Differences of differences: times. */
const STEPS = 6;
/** As differences, or as values, each in so many bits: noise, that a number of bytes each would make larger. */
const BITS = 7;

const KIND = 7;
/** Bits before the values tell which there are. */
const HAS_GAPS = 8;
const SCALE_SHIFT = 4;

/** Numbers of bytes can be compressed further, bits cannot: they have to be fewer by so much. */
const WORTH = 0.9;

/**
 * Write values, NaN where there is none.
 * @param areTimes whether they go on in even steps
 * @returns the kind of what is written; nothing is, for some
 */
export function writeSeries(values: Float64Array, writer: ByteWriter, areTimes = false): number {
  const gaps = countGaps(values);
  if (gaps === values.length) return ABSENT;
  if (gaps === 0) return writeValues(values, areTimes, writer);
  writer.bytes(presence(values));
  return writeValues(values.filter((value) => !Number.isNaN(value)), areTimes, writer) | HAS_GAPS;
}

/** Whether a series of this kind has bytes at all. */
export function hasBytes(kind: number): boolean {
  return (kind & KIND) !== ABSENT;
}

/**
 * The values of a series again; null where all are missing.
 * @throws CorruptData
 */
export function readSeries(kind: number, bytes: Uint8Array, count: number): Float64Array | null {
  if ((kind & KIND) === ABSENT) return null;
  const reader = new ByteReader(bytes);
  const values = new Float64Array(count);
  if ((kind & HAS_GAPS) === 0) {
    readValues(kind, reader, values);
  } else {
    const bits = reader.bytes(Math.ceil(count / 8));
    let present = 0;
    for (let at = 0; at < count; at++) present += (bits[at >> 3]! >> (at & 7)) & 1;
    const there = new Float64Array(present);
    readValues(kind, reader, there);
    for (let at = 0, next = 0; at < count; at++) {
      values[at] = (bits[at >> 3]! >> (at & 7)) & 1 ? there[next++]! : NaN;
    }
  }
  reader.end();
  return values;
}

function countGaps(values: Float64Array): number {
  let gaps = 0;
  for (let at = 0; at < values.length; at++) if (values[at] !== values[at]) gaps++;
  return gaps;
}

function presence(values: Float64Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, at) => {
    if (!Number.isNaN(value)) bits[at >> 3]! |= 1 << (at & 7);
  });
  return bits;
}

/** @returns the kind, with its scale */
function writeValues(values: Float64Array, areTimes: boolean, writer: ByteWriter): number {
  const isSame = areSame(values);
  const scale = commonScale(values, isSame ? Math.min(1, values.length) : values.length);
  const kindScale = scale << SCALE_SHIFT;
  if (scale < 0) {
    if (isSame) writer.double(values[0]!);
    else writePlanes(values, writer);
    return isSame ? SAME_RAW : RAW;
  }
  if (isSame) {
    writer.varint(zigzag(toScaled(values[0]!, scale)));
    return SAME | kindScale;
  }
  const scaled = new Float64Array(values.length);
  for (let at = 0; at < values.length; at++) scaled[at] = toScaled(values[at]!, scale);
  const differences = new Float64Array(scaled.length);
  for (let at = 1; at < scaled.length; at++) differences[at] = scaled[at]! - scaled[at - 1]!;
  if (areTimes) {
    writer.varint(zigzag(scaled[0]!));
    for (let at = 1; at < scaled.length; at++) writer.varint(zigzag(differences[at]! - differences[at - 1]!));
    return STEPS | kindScale;
  }
  const [ownBits, differenceBits] = [
    bitsOf(scaled, 0, scaled.length),
    bitsOf(differences, 1, differences.length) + bitsOf(scaled, 0, 1),
  ];
  const layout = noiseBits(scaled, differences);
  if (layout !== null && layout.width * scaled.length < WORTH * Math.min(ownBits, differenceBits)) {
    writeBits(layout.areDifferences ? differences : scaled, scaled[0]!, layout, writer);
    return BITS | kindScale;
  }
  const areFewer = ownBits <= differenceBits;
  const written = areFewer ? scaled : differences;
  writer.varint(zigzag(scaled[0]!));
  for (let at = 1; at < written.length; at++) writer.varint(zigzag(written[at]!));
  return (areFewer ? VALUES : DIFFERENCES) | kindScale;
}

function areSame(values: Float64Array): boolean {
  for (let at = 1; at < values.length; at++) if (!Object.is(values[at], values[0])) return false;
  return true;
}

/** The scale by which so many values are integers; -1 where there is none. */
function commonScale(values: Float64Array, count: number): number {
  let scale = 0;
  for (let at = 0; at < count; at++) {
    if (Number.isNaN(toScaled(values[at]!, scale))) {
      scale = scaleOf(values[at]!, scale + 1);
      if (scale < 0) return -1;
      // What has fit a smaller scale may be too large for this one.
      at = -1;
    }
  }
  return scale;
}

/** About how many bits some of the integers take as numbers of bytes. */
function bitsOf(integers: Float64Array, from: number, until: number): number {
  let bits = 0;
  for (let at = from; at < until; at++) {
    const size = Math.abs(integers[at]!);
    bits += size < 64 ? 7 : size < 8_192 ? 14 : size < 1_048_576 ? 21 : size < 2 ** 27 ? 35 : 50;
  }
  return bits;
}

function writePlanes(values: Float64Array, writer: ByteWriter): void {
  const bytes = new Uint8Array(values.slice().buffer);
  for (let plane = 7; plane >= 0; plane--) {
    for (let at = 0; at < values.length; at++) writer.byte(bytes[at * 8 + plane]!);
  }
}

function readValues(kind: number, reader: ByteReader, values: Float64Array): void {
  const scale = kind >> SCALE_SHIFT;
  if (scale > MAX_SCALE) throw new CorruptData("has a scale that there is not");
  switch (kind & KIND) {
    case SAME:
      values.fill(fromScaled(unzigzag(reader.varint()), scale));
      return;
    case SAME_RAW:
      values.fill(reader.double());
      return;
    case RAW:
      return readPlanes(reader, values);
    case BITS:
      readBits(reader, values);
      break;
    case VALUES:
      reader.integers(values);
      break;
    case DIFFERENCES:
      reader.integers(values);
      for (let at = 1; at < values.length; at++) values[at]! += values[at - 1]!;
      break;
    case STEPS:
      reader.integers(values);
      for (let at = 2; at < values.length; at++) values[at]! += values[at - 1]!;
      for (let at = 1; at < values.length; at++) values[at]! += values[at - 1]!;
      break;
    default:
      throw new CorruptData("has a kind of series that there is not");
  }
  if (scale === 0) return;
  for (let at = 0; at < values.length; at++) values[at] = fromScaled(values[at]!, scale);
}

function readPlanes(reader: ByteReader, values: Float64Array): void {
  const planes = reader.bytes(values.length * 8);
  const bytes = new Uint8Array(values.buffer);
  for (let plane = 7, from = 0; plane >= 0; plane--) {
    for (let at = 0; at < values.length; at++) bytes[at * 8 + plane] = planes[from++]!;
  }
}
