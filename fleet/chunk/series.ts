import { ByteReader, CorruptData } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { noiseBits, readBits, writeBits } from "./bits.ts";
import { fromScaled, MAX_SCALE, scaleOf, toScaled, unzigzag, zigzag } from "./scaled.ts";

/*
 * One column of one task: a kind byte, which tells most of what there is to know, and the bytes that this kind has. Values
 * are integers by a scale (a power of ten) where each of them comes back as the very same double, else doubles.
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

/** A series as it is written: its kind, and its bytes, none for many kinds. */
export interface PackedSeries {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** Numbers of bytes can be compressed further, bits cannot: they have to be fewer by so much. */
const WORTH = 0.9;

const NO_BYTES = new Uint8Array(0);

/**
 * Pack values, NaN where there is none.
 * @param areTimes whether they go on in even steps
 */
export function packSeries(values: Float64Array, areTimes = false): PackedSeries {
  const gaps = countGaps(values);
  if (gaps === values.length) return { kind: ABSENT, bytes: NO_BYTES };
  const writer = new ByteWriter(values.length + 8);
  if (gaps > 0) writer.bytes(presence(values));
  const there = gaps === 0 ? values : values.filter((value) => !Number.isNaN(value));
  const kind = writeValues(there, areTimes, writer) | (gaps > 0 ? HAS_GAPS : 0);
  return { kind, bytes: writer.written() };
}

/** Whether a series of this kind has bytes at all. */
export function hasBytes(kind: number): boolean {
  return (kind & KIND) !== ABSENT;
}

/**
 * The values of a series again; null where all are missing.
 * @throws CorruptData
 */
export function unpackSeries({ kind, bytes }: PackedSeries, count: number): Float64Array | null {
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
  const scale = commonScale(values);
  const isSame = values.every((value) => Object.is(value, values[0]));
  if (scale < 0) {
    if (isSame) writer.double(values[0]!);
    else writePlanes(values, writer);
    return isSame ? SAME_RAW : RAW;
  }
  const kindScale = scale << SCALE_SHIFT;
  const scaled = values.map((value) => toScaled(value, scale));
  if (isSame) {
    writer.varint(zigzag(scaled[0]!));
    return SAME | kindScale;
  }
  const differences = scaled.map((value, at) => zigzag(at === 0 ? value : value - scaled[at - 1]!));
  if (areTimes) {
    const steps = differences.map(unzigzag);
    writer.varint(zigzag(steps[0]!));
    for (let at = 1; at < steps.length; at++) {
      writer.varint(zigzag(steps[at]! - (at === 1 ? 0 : steps[at - 1]!)));
    }
    return STEPS | kindScale;
  }
  const own = scaled.map(zigzag);
  const areFewer = size(own) <= size(differences);
  const bits = noiseBits(scaled);
  if (bits !== null && bits.width * scaled.length < WORTH * size(areFewer ? own : differences)) {
    writeBits(scaled, bits, writer);
    return BITS | kindScale;
  }
  for (const value of areFewer ? own : differences) writer.varint(value);
  return (areFewer ? VALUES : DIFFERENCES) | kindScale;
}

/** The scale by which all values are integers; -1 where there is none. */
function commonScale(values: Float64Array): number {
  let scale = 0;
  for (let at = 0; at < values.length; at++) {
    if (Number.isNaN(toScaled(values[at]!, scale))) {
      scale = scaleOf(values[at]!, scale + 1);
      if (scale < 0) return -1;
      // What has fit a smaller scale may be too large for this one.
      at = -1;
    }
  }
  return scale;
}

/** About how many bits a list of numbers has. */
function size(values: Float64Array): number {
  let bits = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    bits += value < 128 ? 7 : value < 16_384 ? 14 : value < 2_097_152 ? 21 : 1.5 * Math.log2(value);
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
  const next = () => unzigzag(reader.varint());
  switch (kind & KIND) {
    case SAME:
      values.fill(fromScaled(next(), scale));
      return;
    case SAME_RAW:
      values.fill(reader.double());
      return;
    case RAW:
      return readPlanes(reader, values);
    case VALUES:
      for (let at = 0; at < values.length; at++) values[at] = fromScaled(next(), scale);
      return;
    case BITS:
      readBits(reader, values);
      for (let at = 0; at < values.length; at++) values[at] = fromScaled(values[at]!, scale);
      return;
    case DIFFERENCES:
      for (let at = 0, value = 0; at < values.length; at++) values[at] = fromScaled(value += next(), scale);
      return;
    case STEPS:
      for (let at = 0, value = 0, step = 0; at < values.length; at++) {
        step = at === 1 ? next() : at === 0 ? 0 : step + next();
        value = at === 0 ? next() : value + step;
        values[at] = fromScaled(value, scale);
      }
      return;
    default:
      throw new CorruptData("has a kind of series that there is not");
  }
}

function readPlanes(reader: ByteReader, values: Float64Array): void {
  const planes = reader.bytes(values.length * 8);
  const bytes = new Uint8Array(values.buffer);
  for (let plane = 7, from = 0; plane >= 0; plane--) {
    for (let at = 0; at < values.length; at++) bytes[at * 8 + plane] = planes[from++]!;
  }
}
