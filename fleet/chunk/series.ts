import { CorruptData } from "./byte_reader.ts";
import type { ByteReader } from "./byte_reader.ts";
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
/**
 * In the place of a scale: the true one is the first byte, then what all differences can be divided by, and the first
 * value; the rest is what is above that one, divided. Pages and blocks of disks are thousands of bytes.
 */
const DIVIDED = MAX_SCALE + 1;
/** What it takes to say that a series is divided, in bits, beside the divisor. */
const DIVIDED_BITS = 16;
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
 * The values of a series again, from a reader that has nothing else; null where all are missing.
 * @throws CorruptData
 */
export function readSeries(kind: number, reader: ByteReader, count: number): Float64Array | null {
  if ((kind & KIND) === ABSENT) return null;
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
  if (areSame(values)) return writeSame(values[0]!, writer);
  const found = integersOf(values);
  if (found === null) {
    writePlanes(values, writer);
    return RAW;
  }
  const { integers: scaled, scale } = found;
  const kindScale = scale << SCALE_SHIFT;
  const divisor = areTimes ? 1 : commonDivisor(scaled);
  if (divisor === 1) return writeIntegers(scaled, areTimes, writer) | kindScale;
  const first = scaled[0]!;
  writer.byte(scale);
  writer.varint(divisor);
  writer.varint(zigzag(first));
  for (let at = 0; at < scaled.length; at++) scaled[at] = (scaled[at]! - first) / divisor;
  return writeIntegers(scaled, false, writer) | DIVIDED << SCALE_SHIFT;
}

/** @returns the kind, with its scale */
function writeSame(value: number, writer: ByteWriter): number {
  const scale = scaleOf(value);
  if (scale < 0) {
    writer.double(value);
    return SAME_RAW;
  }
  writer.varint(zigzag(toScaled(value, scale)));
  return SAME | scale << SCALE_SHIFT;
}

/** @returns the kind, without a scale */
function writeIntegers(scaled: Float64Array, areTimes: boolean, writer: ByteWriter): number {
  const first = scaled[0]!;
  const differences = new Float64Array(scaled.length);
  let [least, most, ownBits] = [first, first, bitsOf(first)];
  let [leastStep, mostStep, stepBits] = [Infinity, -Infinity, ownBits];
  // All that has to be known of them in one go: this is what packing takes most of its time for.
  for (let at = 1; at < scaled.length; at++) {
    const value = scaled[at]!;
    const step = value - scaled[at - 1]!;
    differences[at] = step;
    if (value < least) least = value;
    else if (value > most) most = value;
    if (step < leastStep) leastStep = step;
    if (step > mostStep) mostStep = step;
    ownBits += bitsOf(value);
    stepBits += bitsOf(step);
  }
  if (areTimes) {
    writer.varint(zigzag(first));
    for (let at = 1; at < scaled.length; at++) writer.varint(zigzag(differences[at]! - differences[at - 1]!));
    return STEPS;
  }
  const layout = noiseBits({ least, most }, { least: leastStep, most: mostStep });
  if (layout !== null && layout.width * scaled.length < WORTH * Math.min(ownBits, stepBits)) {
    writeBits(layout.areDifferences ? differences : scaled, first, layout, writer);
    return BITS;
  }
  const areFewer = ownBits <= stepBits;
  const written = areFewer ? scaled : differences;
  writer.varint(zigzag(first));
  for (let at = 1; at < written.length; at++) writer.varint(zigzag(written[at]!));
  return areFewer ? VALUES : DIFFERENCES;
}

/** The largest integer that what integers differ by are multiples of; 1 where it takes as much to say as it saves. */
function commonDivisor(integers: Float64Array): number {
  // Of two the difference itself is it.
  if (integers.length < 3) return 1;
  let divisor = 0;
  for (let at = 1; at < integers.length; at++) {
    let rest = Math.abs(integers[at]! - integers[at - 1]!);
    // Nearly all are multiples of what was found before: one division tells.
    if (divisor !== 0 && rest !== 0) rest %= divisor;
    while (rest !== 0) [divisor, rest] = [rest, divisor % rest];
    if (divisor === 1) return 1;
  }
  const bits = Math.log2(divisor);
  return bits * (integers.length - 1) > bits + DIVIDED_BITS ? divisor : 1;
}

function areSame(values: Float64Array): boolean {
  for (let at = 1; at < values.length; at++) if (!Object.is(values[at], values[0])) return false;
  return true;
}

/** Values as integers, by the least scale that all of them are integers by; null where there is none. */
function integersOf(
  values: Float64Array,
): { readonly integers: Float64Array; readonly scale: number } | null {
  const integers = new Float64Array(values.length);
  let scale = 0;
  for (let at = 0; at < values.length; at++) {
    const integer = integers[at] = toScaled(values[at]!, scale);
    if (integer === integer) continue;
    scale = scaleOf(values[at]!, scale + 1);
    if (scale < 0) return null;
    // What has fit a smaller scale may be too large for this one.
    at = -1;
  }
  return { integers, scale };
}

/** About how many bits an integer takes as a number of bytes. */
function bitsOf(integer: number): number {
  const size = Math.abs(integer);
  return size < 64 ? 7 : size < 8_192 ? 14 : size < 1_048_576 ? 21 : size < 2 ** 27 ? 35 : 50;
}

function writePlanes(values: Float64Array, writer: ByteWriter): void {
  const bytes = new Uint8Array(values.slice().buffer);
  for (let plane = 7; plane >= 0; plane--) {
    for (let at = 0; at < values.length; at++) writer.byte(bytes[at * 8 + plane]!);
  }
}

function readValues(kind: number, reader: ByteReader, values: Float64Array): void {
  const isDivided = kind >> SCALE_SHIFT === DIVIDED;
  const scale = isDivided ? reader.byte() : kind >> SCALE_SHIFT;
  if (scale > MAX_SCALE) throw new CorruptData("has a scale that there is not");
  const divisor = isDivided ? reader.varint() : 1;
  const first = isDivided ? unzigzag(reader.varint()) : 0;
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
  if (isDivided) { for (let at = 0; at < values.length; at++) values[at] = values[at]! * divisor + first; }
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
