import { Tail } from "../chunk/tail.ts";
import type { Figures } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import { COUNTERS_AT, figuresOf } from "./increases.ts";
import { inTimeOrder } from "./time_order.ts";

/** Counters of which nothing is known. */
const UNKNOWN = new Float64Array(COUNTERS_AT.length).fill(NaN);

/** Samples of an agent that follow each other without a gap, and what its tasks' counters were before them. */
export class Stretch {
  readonly tail = new Tail();
  /**
   * Of each place in the tail the counters: whole figures take several times as much, of every task. There are none
   * while no task has had a sample before, as when an agent is new.
   */
  #before: Float64Array | null = null;
  #count = 0;
  /** Tasks of which some came after newer samples. */
  readonly #late = new Set<number>();
  /** Figures of programs' own before it, of those tasks that have some. */
  readonly #customBefore = new Map<number, ReadonlyMap<string, number>>();
  /** Of managers that share a store: up to which entry of the journal so many samples are. */
  readonly #marks: { readonly sequence: number; readonly count: number }[] = [];

  /** @param expected how many tasks will be in it, about: so much room is made at once */
  constructor(readonly expected = 0) {}

  /** How many tasks are in it. */
  get taskCount(): number {
    return this.#count;
  }

  /** Whether some of a task's came after newer samples of it. */
  isLate(task: number): boolean {
    return this.#late.has(task);
  }

  /** Append one that comes after newer samples of its task. */
  appendLate(task: number, sample: StoredSample): void {
    this.#late.add(task);
    this.append(task, sample, null, null, true);
  }

  /**
   * @param before the figures of the task's sample before; null where there is none
   * @param customBefore those of its own
   * @param isAfterGap whether what is before it in here is not that sample, which is stored elsewhere, or came late
   */
  append(
    task: number,
    sample: StoredSample,
    before: Figures | null,
    customBefore: ReadonlyMap<string, number> | null,
    isAfterGap: boolean,
  ): void {
    const place = this.tail.append(task, sample, isAfterGap ? null : before);
    if (place < this.#count) return;
    this.#count = place + 1;
    if (customBefore) this.#customBefore.set(task, customBefore);
    if (!before) return;
    const counters = this.#roomFor(place);
    for (let n = 0; n < COUNTERS_AT.length; n++) {
      counters[place * COUNTERS_AT.length + n] = before[COUNTERS_AT[n]];
    }
  }

  /** What is not written in it is NaN: nothing is known. */
  #roomFor(place: number): Float64Array {
    const room = this.#before;
    const needed = (place + 1) * COUNTERS_AT.length;
    if (room !== null && room.length >= needed) return room;
    const places = Math.max(this.expected, place + 1, room === null ? 0 : Math.ceil(place * 1.5));
    const grown = new Float64Array(places * COUNTERS_AT.length).fill(NaN);
    if (room !== null) grown.set(room);
    return this.#before = grown;
  }

  /** That all of it so far is of entries of the journal up to a number. */
  mark(sequence: number): void {
    const { count } = this.tail;
    if (count > (this.#marks.at(-1)?.count ?? 0)) this.#marks.push({ sequence, count });
  }

  /**
   * What of it is of entries after a number; but for what is older than what its task has up to there.
   * @param newest gets the time of the newest sample up to there, of each task that has one
   */
  after(sequence: number, newest: Map<number, number>): Stretch {
    const sealed = this.#marks.findLast((mark) => mark.sequence <= sequence)?.count ?? 0;
    return sealed === 0 ? this : this.#copy(new Stretch(), sealed, newest);
  }

  /** One of this, and of what has come after it. */
  joined(later: Stretch): Stretch {
    return later.#copy(this.#copy(new Stretch(), 0), 0);
  }

  #copy(into: Stretch, from: number, newest = new Map<number, number>()): Stretch {
    for (const task of this.#late) into.#late.add(task);
    const shift = into.tail.count - from;
    /** Of each task the newest that is not copied, and the last that is. */
    const [before, copied] = [new Map<number, StoredSample>(), new Map<number, StoredSample>()];
    const leftOut: number[] = [];
    let row = -1;
    for (const [task, sample] of this.tail.rows()) {
      const known = before.get(task);
      const isOld = known !== undefined && sample.time < known.time;
      if (++row < from) {
        if (!isOld) before.set(task, sample);
        continue;
      }
      if (isOld) {
        leftOut.push(row);
        continue;
      }
      const last = copied.get(task) ?? known;
      const [figures, custom] = last
        ? [last.figures, last.custom]
        : [this.before(task), this.customBefore(task)];
      into.append(task, sample, figures, custom, !copied.has(task));
      copied.set(task, sample);
    }
    for (const [task, { time }] of before) newest.set(task, time);
    let out = 0;
    for (const { sequence, count } of this.#marks) {
      while (out < leftOut.length && leftOut[out] < count) out++;
      if (count - out > from) into.#marks.push({ sequence, count: count - out + shift });
    }
    return into;
  }

  /** The samples of a task in a stretch of time, both ends included, oldest first. */
  samples(task: number, from: number, until: number): readonly StoredSample[] {
    const isOutside = from > this.tail.until || until < this.tail.from;
    if (isOutside || !this.#late.has(task)) return this.tail.samples(task, from, until);
    const samples = this.tail.samples(task, -Infinity, Infinity);
    const all = inTimeOrder(samples, this.before(task), this.customBefore(task));
    return all.filter(({ time }) => time >= from && time <= until);
  }

  /** The figures of a task's own before it; null where nothing is known. */
  customBefore(task: number): ReadonlyMap<string, number> | null {
    return this.#customBefore.get(task) ?? null;
  }

  /** The counters of a task before it, as far as they are known; null where there is nothing of the task. */
  before(task: number): Figures | null {
    const place = this.tail.placeOf(task);
    if (place < 0) return null;
    const start = place * COUNTERS_AT.length;
    const counters = this.#before?.subarray(start, start + COUNTERS_AT.length);
    return figuresOf(counters?.length === COUNTERS_AT.length ? counters : UNKNOWN);
  }
}
