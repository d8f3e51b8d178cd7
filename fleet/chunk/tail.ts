import { COLUMNS, noFigures } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import { BlockWriter } from "./block_writer.ts";
import { ByteReader } from "./byte_reader.ts";
import { KnownTimes } from "./known_times.ts";
import { fromScaled, scaleOf, toScaled, unzigzag, zigzag } from "./scaled.ts";

/*
 * A row is: its task, by the order in which tasks came · flags · the time since the row before · which columns are
 * other than in the task's row before, as bits · their values · the custom figures that are other.
 *
 * A value is the difference of integers, by the scale that its column has by then, plus 2; or 1, a new scale, and the
 * integer; or 0 and a double.
 */
const RAW = 0;
const RESCALED = 1;
const FIRST_DIFFERENCE = 2;

const BEGINS = 1;
const RAW_TIME = 2;
/** The bits are those of the task's row before. */
const SAME_COLUMNS = 4;
const HAS_CUSTOM = 8;
/** The values are differences to nothing: what the task had before is not in the row before. */
const AFTER_GAP = 16;

const MASK_BYTES = Math.ceil(COLUMNS.length / 8);
const NO_CUSTOM: ReadonlyMap<string, number> = new Map();
const NOTHING: Figures = noFigures();
/** A difference of times up to here is exact, twofold as well. */
const MAX_TIME_STEP = 2 ** 50;
/** So few tasks are found without a map of them. */
const FEW_TASKS = 16;
/** Which columns of a row are other than before. */
const scratch = new Uint8Array(MASK_BYTES);
/** Of more samples it is not found out at which times they are: nobody else has a turn meanwhile. */
const MOST_INDEXED = 50_000;

/** A row of a task as it is read, which the next one is the difference to. */
export interface ReadRow {
  readonly task: number;
  time: number;
  readonly figures: Figures;
  /** Empty where there is nothing. */
  custom: ReadonlyMap<string, number>;
  begins: boolean;
  readonly mask: Uint8Array;
}

/** Names and scales of columns, as they are known after so many rows. */
class Columns {
  readonly names: string[] = [];
  #at: Map<string, number> | null = null;
  /** A custom one may have a scale, too. */
  readonly scales: number[] = new Array(COLUMNS.length).fill(0);

  /** The number of a custom column, which comes after those that are known. */
  place(name: string): number {
    const places = this.#at ??= new Map();
    let at = places.get(name);
    if (at === undefined) {
      at = this.names.length;
      places.set(name, at);
      this.names.push(name);
      this.scales.push(0);
    }
    return at;
  }
}

/**
 * The samples of an agent's tasks that are in no chunk yet, as differences: some 20 bytes each. There is one of every
 * agent, so that nothing is kept for a task but what its next row needs: its figures are with whoever appends.
 */
export class Tail {
  readonly #writer = new BlockWriter();
  readonly #columns = new Columns();
  /** The tasks by their places, and the other way round where they are many. */
  readonly #tasks: number[] = [];
  #places: Map<number, number> | null = null;
  #lastPlace = -1;
  /** Of each place which columns were other than before in its last row. */
  #masks = new Uint8Array(0);
  /** null while nobody asks. */
  #times: KnownTimes | null = null;
  /** Of each place the custom figures of its last row, where there were any. */
  #customs: (ReadonlyMap<string, number> | undefined)[] | null = null;
  #time = 0;
  #count = 0;
  #from = Infinity;
  #until = -Infinity;

  /** Samples in it. */
  get count(): number {
    return this.#count;
  }

  /** What it takes in memory. */
  get byteLength(): number {
    return this.#writer.capacity;
  }

  /** The time of the oldest sample; Infinity while there is none. */
  get from(): number {
    return this.#from;
  }

  /** The time of the newest sample; -Infinity while there is none. */
  get until(): number {
    return this.#until;
  }

  /** Where a task stands in the order in which they came; -1 where there is nothing of it. */
  placeOf(task: number): number {
    // Agents tell of their tasks in the same order each time.
    const next = this.#lastPlace + 1 < this.#tasks.length ? this.#lastPlace + 1 : 0;
    if (this.#tasks[next] === task) return next;
    return this.#places === null ? this.#tasks.indexOf(task) : this.#places.get(task) ?? -1;
  }

  /**
   * @param before the figures of the task's row before, as long as they are known; null where they are not, or where
   *   there is none: the row then stands for itself
   * @returns the place of the task
   */
  append(task: number, sample: StoredSample, before: Figures | null): number {
    const known = this.placeOf(task);
    const place = known < 0 ? this.#add(task) : known;
    const isAfterGap = known >= 0 && before === null;
    const base = known < 0 || before === null ? NOTHING : before;
    const custom = sample.custom ?? NO_CUSTOM;
    const customBefore = this.#customs?.[place] ?? NO_CUSTOM;
    const hasOtherCustom = !isSame(custom, customBefore);
    const isSameMask = this.#compare(sample.figures, base, place);

    const step = sample.time - this.#time;
    const isRawTime = !Number.isInteger(step) || Math.abs(step) > MAX_TIME_STEP ||
      this.#time + step !== sample.time;
    this.#writer.varint(place);
    this.#writer.byte(
      (sample.begins ? BEGINS : 0) | (isRawTime ? RAW_TIME : 0) | (isSameMask ? SAME_COLUMNS : 0) |
        (hasOtherCustom ? HAS_CUSTOM : 0) | (isAfterGap ? AFTER_GAP : 0),
    );
    if (isRawTime) this.#writer.double(sample.time);
    else this.#writer.varint(zigzag(step));
    if (!isSameMask) this.#writeMask(scratch);
    for (let at = 0; at < COLUMNS.length; at++) {
      if (hasBit(scratch, at)) this.#writeValue(at, sample.figures[at]!, base[at]!);
    }
    if (hasOtherCustom) this.#writeCustom(custom, customBefore);

    if (custom !== customBefore) (this.#customs ??= [])[place] = custom;
    if (this.#times?.goOn(task, sample.time, this.#count) === false) this.#times = null;
    this.#lastPlace = place;
    this.#time = sample.time;
    this.#count++;
    this.#from = Math.min(this.#from, sample.time);
    this.#until = Math.max(this.#until, sample.time);
    return place;
  }

  #add(task: number): number {
    const place = this.#tasks.push(task) - 1;
    if (this.#places !== null) this.#places.set(task, place);
    else if (place >= FEW_TASKS) this.#places = new Map(this.#tasks.map((of, at) => [of, at]));
    if (this.#masks.length < (place + 1) * MASK_BYTES) {
      const masks = new Uint8Array(Math.max(4, Math.ceil(place * 1.5)) * MASK_BYTES);
      masks.set(this.#masks);
      this.#masks = masks;
    }
    return place;
  }

  /** Whether it has a sample of a task at a time; null where there are so many that it is not known. */
  has(task: number, time: number): boolean | null {
    if (this.#count >= MOST_INDEXED) return null;
    if (this.placeOf(task) < 0) return false;
    // What is older than what was asked for first is asked for once more at most.
    if (this.#times === null) this.#times = this.#timesFrom(time);
    else if (time < this.#times.from) this.#times = this.#timesFrom(-Infinity);
    return this.#times.has(task, time);
  }

  #timesFrom(from: number): KnownTimes {
    const times = new KnownTimes(from);
    for (const { task, time } of this.read()) times.add(task, time);
    return times;
  }

  /** The samples of a task in a stretch of time, both ends included, as they came. */
  samples(task: number, from: number, until: number): StoredSample[] {
    const found: StoredSample[] = [];
    if (this.placeOf(task) < 0 || from > this.#until || until < this.#from) return found;
    for (const [of, sample] of this.rows()) {
      if (of === task && sample.time >= from && sample.time <= until) found.push(sample);
    }
    return found;
  }

  /** All of them, as they came. */
  *rows(): Generator<readonly [task: number, sample: StoredSample]> {
    for (const { task, time, figures, custom, begins } of this.read()) {
      yield [task, { time, figures: figures.slice(), custom: custom.size === 0 ? null : custom, begins }];
    }
  }

  /** The same where none is kept: the next row of a task is written over the one before. */
  *read(): Generator<ReadRow> {
    const reader = new ByteReader(this.#writer.written());
    const scales = new Array<number>(this.#columns.scales.length).fill(0);
    const befores = this.#tasks.map(nothingBefore);
    let time = 0;
    while (reader.left > 0) {
      const row = befores[reader.varint()]!;
      const { figures, mask } = row;
      const flags = reader.byte();
      time = flags & RAW_TIME ? reader.double() : time + unzigzag(reader.varint());
      if (!(flags & SAME_COLUMNS)) readMask(reader, mask);
      if (flags & AFTER_GAP) figures.fill(NaN);
      for (let at = 0; at < COLUMNS.length; at++) {
        if (hasBit(mask, at)) figures[at] = readValue(reader, at, figures[at]!, scales);
      }
      if (flags & HAS_CUSTOM) row.custom = this.#readCustom(reader, row.custom, scales);
      row.time = time;
      row.begins = (flags & BEGINS) !== 0;
      yield row;
    }
  }

  /**
   * Which columns are other than before, into the bits that all share, and those of the place.
   * @returns whether these are the same as at the row before
   */
  #compare(figures: Figures, before: Figures, place: number): boolean {
    const [mask, start] = [scratch.fill(0), place * MASK_BYTES];
    for (let at = 0; at < COLUMNS.length; at++) {
      if (!Object.is(figures[at], before[at])) mask[at >> 3]! |= 1 << (at & 7);
    }
    let isSame = true;
    for (let at = 0; at < MASK_BYTES; at++) {
      if (this.#masks[start + at] === mask[at]) continue;
      this.#masks[start + at] = mask[at]!;
      isSame = false;
    }
    return isSame;
  }

  #writeMask(mask: Uint8Array): void {
    let length = MASK_BYTES;
    while (length > 0 && mask[length - 1] === 0) length--;
    this.#writer.varint(length);
    for (let at = 0; at < length; at++) this.#writer.byte(mask[at]!);
  }

  #writeValue(at: number, value: number, before: number): void {
    const scales = this.#columns.scales;
    const scaled = toScaled(value, scales[at]!);
    if (!Number.isNaN(scaled)) {
      this.#writer.varint(zigzag(scaled - baseOf(before, scales[at]!)) + FIRST_DIFFERENCE);
      return;
    }
    const scale = scaleOf(value, scales[at]! + 1);
    if (scale < 0) {
      this.#writer.byte(RAW);
      this.#writer.double(value);
      return;
    }
    scales[at] = scale;
    this.#writer.byte(RESCALED);
    this.#writer.byte(scale);
    this.#writer.varint(zigzag(toScaled(value, scale)));
  }

  #writeCustom(custom: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): void {
    const changed = [...custom].filter(([name, value]) => !Object.is(before.get(name), value));
    const gone = [...before.keys()].filter((name) => !custom.has(name));
    this.#writer.varint(changed.length);
    for (const [name, value] of changed) {
      const place = this.#columns.place(name);
      this.#writer.varint(place);
      this.#writeValue(COLUMNS.length + place, value, before.get(name) ?? NaN);
    }
    this.#writer.varint(gone.length);
    for (const name of gone) this.#writer.varint(this.#columns.place(name));
  }

  #readCustom(
    reader: ByteReader,
    before: ReadonlyMap<string, number>,
    scales: number[],
  ): Map<string, number> {
    const custom = new Map(before);
    for (let left = reader.varint(); left > 0; left--) {
      const place = reader.varint();
      const name = this.#columns.names[place]!;
      custom.set(name, readValue(reader, COLUMNS.length + place, before.get(name) ?? NaN, scales));
    }
    for (let left = reader.varint(); left > 0; left--) custom.delete(this.#columns.names[reader.varint()]!);
    return custom;
  }
}

function nothingBefore(task: number): ReadRow {
  const mask = new Uint8Array(MASK_BYTES);
  return { task, time: 0, figures: noFigures(), custom: NO_CUSTOM, begins: false, mask };
}

function hasBit(mask: Uint8Array, at: number): boolean {
  return (mask[at >> 3]! & (1 << (at & 7))) !== 0;
}

function readMask(reader: ByteReader, mask: Uint8Array): void {
  const length = reader.varint();
  for (let at = 0; at < MASK_BYTES; at++) mask[at] = at < length ? reader.byte() : 0;
}

/** What an integer is the difference to: 0 where the value before is none by this scale. */
function baseOf(before: number, scale: number): number {
  const scaled = toScaled(before, scale);
  return Number.isNaN(scaled) ? 0 : scaled;
}

function readValue(reader: ByteReader, at: number, before: number, scales: number[]): number {
  const code = reader.varint();
  if (code === RAW) return reader.double();
  if (code === RESCALED) {
    scales[at] = reader.byte();
    return fromScaled(unzigzag(reader.varint()), scales[at]!);
  }
  return fromScaled(unzigzag(code - FIRST_DIFFERENCE) + baseOf(before, scales[at]!), scales[at]!);
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [name, value] of a) if (!Object.is(b.get(name), value)) return false;
  return true;
}
