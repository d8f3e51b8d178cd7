import type { ProcessLife } from "./process_life.ts";

/** How many processes were at work over time. */
export interface ParallelismSummary {
  /** On average over the whole time. */
  readonly mean: number;
  readonly peak: number;
  /** How long one alone was at work. */
  readonly aloneSeconds: number;
  /** The average in each of these intervals. */
  readonly overTime: readonly number[];
  readonly intervalSeconds: number;
}

/** Intervals that are told, at most; where there would be more, two become one. */
const MOST_INTERVALS = 64;
const FIRST_INTERVAL_NS = 1e6;

/**
 * Counts the processes at work: those without a living child, since who has one mostly waits for it. From births and
 * ends alone, in the order in which they are told.
 */
export class Parallelism {
  /** Who lives, with how many living children. */
  readonly #children = new Map<ProcessLife, { parent: ProcessLife | undefined; count: number }>();
  #level = 0;
  #peak = 0;
  #aloneNs = 0;
  #startNs = NaN;
  #nowNs = NaN;
  #intervalNs = FIRST_INTERVAL_NS;
  /** Processes times nanoseconds, by interval. */
  #intervals: number[] = [];

  /** The tree runs already: what it was before now is not told. */
  begin(nowNs: number): void {
    this.#startNs = this.#nowNs = nowNs;
  }

  /** A process was born. */
  born(life: ProcessLife, parent: ProcessLife | undefined): void {
    if (Number.isNaN(this.#startNs)) this.#startNs = this.#nowNs = life.startNs;
    this.advance(life.startNs);
    const above = parent && this.#children.get(parent);
    // Its parent has become one that waits.
    if (above && above.count++ === 0) this.#level--;
    this.#children.set(life, { parent: above && parent, count: 0 });
    this.#level++;
  }

  /** A process has ended, at this time if it is known. */
  ended(life: ProcessLife, atNs: number): void {
    const own = this.#children.get(life);
    if (!own) return;
    if (!Number.isNaN(atNs)) this.advance(atNs);
    this.#children.delete(life);
    if (own.count === 0) this.#level--;
    const above = own.parent && this.#children.get(own.parent);
    if (above && --above.count === 0) this.#level++;
  }

  /** What it came to; null where no time has passed. */
  summary(): ParallelismSummary | null {
    const totalNs = this.#nowNs - this.#startNs;
    if (!(totalNs > 0)) return null;
    const count = Math.ceil(totalNs / this.#intervalNs);
    const overTime = Array.from({ length: count }, (_, index) => {
      // The last is not over yet.
      const lengthNs = Math.min(this.#intervalNs, totalNs - index * this.#intervalNs);
      return (this.#intervals[index] ?? 0) / lengthNs;
    });
    return {
      mean: this.#intervals.reduce((sum, value) => sum + value, 0) / totalNs,
      peak: this.#peak,
      aloneSeconds: this.#aloneNs / 1e9,
      overTime,
      intervalSeconds: this.#intervalNs / 1e9,
    };
  }

  /** So many were at work up to this time; one before what was told last is the same moment. */
  advance(atNs: number): void {
    if (!(atNs > this.#nowNs)) return;
    this.#peak = Math.max(this.#peak, this.#level);
    if (this.#level === 1) this.#aloneNs += atNs - this.#nowNs;
    const end = atNs - this.#startNs;
    while (end > MOST_INTERVALS * this.#intervalNs) this.#widen();
    for (let from = this.#nowNs - this.#startNs; from < end;) {
      const index = Math.floor(from / this.#intervalNs);
      const to = Math.min(end, (index + 1) * this.#intervalNs);
      this.#intervals[index] = (this.#intervals[index] ?? 0) + this.#level * (to - from);
      from = to;
    }
    this.#nowNs = atNs;
  }

  #widen(): void {
    const wider: number[] = [];
    this.#intervals.forEach((value, index) => wider[index >> 1] = (wider[index >> 1] ?? 0) + value);
    this.#intervals = wider;
    this.#intervalNs *= 2;
  }
}
