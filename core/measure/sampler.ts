import { hasChanged, nextIntervalMs } from "./interval.ts";
import type { Capacity, IntervalRule, Shape } from "./interval.ts";
import { Total } from "./raw.ts";
import type { Reading } from "./reading.ts";
import { cpuPercent } from "./sample.ts";

/** A short command has ended before the first sample: these looks, in milliseconds, see its memory at least. */
const EARLY_LOOKS_MS: readonly number[] = [4, 16, 48];
/** A last interval shorter than this says nothing of its own: it is taken together with the one before. */
const SHORTEST_LAST_MS = 10;

/** A tick that comes after so much of its interval is late. */
export const LATE_SHARE = 0.1;

/** How ticks went. */
export interface TickCounts {
  /** Samples and looks that were taken. */
  readonly tickCount: number;
  /** Of these, samples that came late by a tenth of their interval or more. */
  readonly lateTickCount: number;
  /** Samples that came too late by an interval or more, and were skipped. */
  readonly missedTickCount: number;
}

/** There were none. */
export const NO_TICKS: TickCounts = { tickCount: 0, lateTickCount: 0, missedTickCount: 0 };

/** What takes every reading and the rate of every sample into account. */
export interface Folding {
  /** @param elapsedSeconds since the start, never less than at the reading before */
  observe(reading: Reading, elapsedSeconds: number): void;
  /** @param cpuPercent over the interval of one sample; NaN where it is unknown */
  observeRate(cpuPercent: number): void;
  /**
   * Samples between which nothing has moved since the reading last observed.
   * @param elapsedSeconds since the start, at the last of them
   * @param cpuPercent in each of their intervals
   */
  stand(count: number, elapsedSeconds: number, cpuPercent: number): void;
}

/** Samples that were passed over elsewhere. */
export interface PassedSamples {
  readonly count: number;
  /** Of these, those that came late. */
  readonly lateCount: number;
  /** When the last of them was taken, and the one before it. */
  readonly lastMs: number;
  readonly beforeMs: number;
}

/** The interval that ends with a sample. */
export interface SampleInterval {
  /** Since the start. */
  readonly elapsedSeconds: number;
  readonly intervalSeconds: number;
  /** The CPU total where it begins; NaN where the difference is no matter of this interval. */
  readonly cpuSecondsBefore: number;
}

/** An end of an interval. */
interface Mark {
  readonly ms: number;
  readonly cpuSeconds: number;
  readonly catchUpCount: number;
}

/**
 * When one tree is looked at, and what lies between two samples of it. Pure: readings are handed in, and the time, in
 * milliseconds on a monotonic clock.
 */
export class Sampler implements TickCounts {
  tickCount = 0;
  lateTickCount = 0;
  missedTickCount = 0;
  #rule: IntervalRule | null = null;
  #nextMs = Infinity;
  /** The interval that ends with the next sample. */
  #intervalMs = Infinity;
  #earlyLooks = EARLY_LOOKS_MS;
  #marks: readonly [Mark | undefined, Mark];
  #quietSinceMs: number;
  /** Since when nothing has used CPU, and so nothing can have happened. */
  #stillSinceMs: number;
  /** The last sample, and how soon the next may follow. */
  #sampledMs: number;
  #leastMs = 0;
  #reference: Shape | undefined;
  /** Whether no process has been seen yet. */
  #isUnused = false;
  /** Whether the last sample had the reading of the one before it, its CPU included. */
  #wasAlike = false;
  #hasMoved = true;
  /** Whether the last sample was one to {@link stand}. */
  #isStanding = false;
  /** Samples passed over and not yet told; when the last of them, and the one before it, were due. */
  #passedCount = 0;
  #passedMs = NaN;
  #passedBeforeMs = NaN;

  /**
   * @param capacity what a tenth of is a change
   * @param folding gets what is seen
   */
  constructor(readonly startedMs: number, readonly capacity: Capacity, readonly folding: Folding) {
    this.#quietSinceMs = this.#stillSinceMs = this.#sampledMs = startedMs;
    // Who counts from the start has used nothing by then.
    this.#marks = [undefined, { ms: startedMs, cpuSeconds: 0, catchUpCount: 0 }];
  }

  /**
   * Sample by a rule from now on; not at all where there is none.
   * @param firstMs when the next sample falls due
   */
  follow(rule: IntervalRule | null, firstMs: number): void {
    this.#rule = rule;
    this.#nextMs = rule ? firstMs : Infinity;
    this.#intervalMs = this.#leastMs = rule?.baseMs ?? Infinity;
    this.#earlyLooks = rule ? this.#earlyLooks.filter((ms) => ms < rule.baseMs) : [];
  }

  /** Count CPU from this reading on, what was used before is not of the first interval. */
  begin(reading: Reading): void {
    this.#isUnused = true;
    this.#marks = [undefined, this.#markAt(this.startedMs, reading)];
  }

  /**
   * Something has happened that is a reason to look: where the interval adapts, the next sample is due as soon as the
   * shortest interval and the budget allow, however often this is told.
   */
  stir(nowMs: number): void {
    if (!this.#rule?.adaptive) return;
    const soonest = Math.max(nowMs, this.#sampledMs + this.#leastMs);
    if (soonest >= this.#nextMs) return;
    this.#nextMs = soonest;
    this.#intervalMs = soonest - this.#sampledMs;
  }

  /** When something is due next; Infinity for never. */
  get dueMs(): number {
    return Math.min(this.#nextMs, this.startedMs + (this.#earlyLooks[0] ?? Infinity));
  }

  /** What is due now, if anything, which counts as a tick; an early look is due once. */
  due(nowMs: number): "sample" | "look" | null {
    if (nowMs < this.dueMs) return null;
    this.tickCount++;
    if (nowMs - this.#nextMs >= this.#intervalMs * LATE_SHARE) this.lateTickCount++;
    if (this.#earlyLooks.length > 0) {
      this.#earlyLooks = this.#earlyLooks.filter((ms) => this.startedMs + ms > nowMs);
    }
    return nowMs >= this.#nextMs ? "sample" : "look";
  }

  /**
   * Take a reading into account.
   * @param hasMoved false when it is known to be what it was at the last look
   */
  look(reading: Reading, nowMs: number, hasMoved = true): void {
    this.settle();
    this.#hasMoved ||= hasMoved;
    this.#isStanding = false;
    this.folding.observe(reading, (nowMs - this.startedMs) / 1_000);
  }

  /**
   * Pass over a sample that nobody reads, of a reading that has not moved since the last look: it is counted, and the
   * folding is told of it with the next that has. One sample of a tree that stands still has to be taken before: it
   * shows that the CPU does, too.
   * @returns whether it could be passed over; else {@link look} and {@link sample} are due
   */
  passOver({ totals, catchUpCount }: Reading, nowMs: number): boolean {
    const mark = this.#marks[1];
    if (!this.#wasAlike || nowMs <= mark.ms || !this.#isAlike(totals, catchUpCount)) return false;
    this.#sampledMs = nowMs;
    this.#passedBeforeMs = this.#passedCount > 0 ? this.#passedMs : mark.ms;
    this.#passedMs = nowMs;
    this.#passedCount++;
    return true;
  }

  /**
   * From when on, and at what interval, samples may be passed over for as long as nothing moves; null where they may
   * not, or their interval would change meanwhile.
   */
  passing(nowMs: number, tickCostMs: number): { readonly dueMs: number; readonly intervalMs: number } | null {
    const rule = this.#rule;
    const isStill = this.#passedCount > 0 || this.#isStanding;
    if (!rule || !isStill || this.#earlyLooks.length > 0) return null;
    const intervalMs = this.#intervalMs;
    const isSteady = [nowMs - this.#quietSinceMs, Infinity].every((quietMs) =>
      nextIntervalMs(rule, { quietMs, stillMs: 0, tickCostMs }) === intervalMs
    );
    return isSteady ? { dueMs: this.#nextMs, intervalMs } : null;
  }

  /**
   * Samples were {@link passOver | passed over} elsewhere, by what {@link passing} says; where they {@link stand} that
   * is to be called for each.
   */
  passed({ count, lateCount, lastMs, beforeMs }: PassedSamples): void {
    if (count === 0) return;
    this.tickCount += count;
    this.lateTickCount += lateCount;
    this.#nextMs += count * this.#intervalMs;
    if (this.#isStanding) return;
    this.#passedBeforeMs = count > 1 ? beforeMs : this.#passedMs;
    this.#passedMs = this.#sampledMs = lastMs;
    this.#passedCount += count;
  }

  /** Tell the folding of samples that were {@link passOver | passed over}. */
  settle(): void {
    if (this.#passedCount === 0) return;
    const mark = this.#marks[1];
    const rate = Number.isNaN(mark.cpuSeconds) ? NaN : 0;
    this.folding.stand(this.#passedCount, (this.#passedMs - this.startedMs) / 1_000, rate);
    this.#marks = [{ ...mark, ms: this.#passedBeforeMs }, { ...mark, ms: this.#passedMs }];
    this.#passedCount = 0;
  }

  /**
   * End an interval with a reading, after its {@link look}.
   * @param isLast whether no other will follow: a very short interval is taken together with the one before
   */
  sample(reading: Reading, nowMs: number, isLast = false): SampleInterval {
    this.settle();
    // One that is taken together with the one before has that one's CPU in its rate.
    this.#wasAlike = !isLast && this.#isAlike(reading.totals, reading.catchUpCount);
    this.#hasMoved = false;
    this.#sampledMs = nowMs;
    if (!this.#hasStoodStill(reading.totals, reading.catchUpCount)) this.#stillSinceMs = nowMs;
    const from = this.#intervalStart(reading, nowMs, isLast);
    const intervalSeconds = (nowMs - from.ms) / 1_000;
    const rate = cpuPercent(from.cpuSeconds, reading.totals[Total.cpuSeconds], intervalSeconds);
    this.folding.observeRate(rate);
    this.#adapt(reading, nowMs, rate);
    this.#marks = [this.#marks[1], this.#markAt(nowMs, reading)];
    const elapsedSeconds = (nowMs - this.startedMs) / 1_000;
    return { elapsedSeconds, intervalSeconds, cpuSecondsBefore: from.cpuSeconds };
  }

  /**
   * What {@link look} and {@link sample} come to for a reading that has not moved since the sample before, where that
   * one had not moved, either: a sample like that one in all but its time.
   * @returns null where it is to be looked at and sampled in full
   */
  stand({ totals, catchUpCount }: Reading, nowMs: number): Omit<SampleInterval, "cpuSecondsBefore"> | null {
    const mark = this.#marks[1];
    const isAlike = this.#wasAlike && this.#passedCount === 0 && nowMs > mark.ms &&
      this.#isAlike(totals, catchUpCount);
    if (!isAlike) return null;
    this.#isStanding = true;
    this.#sampledMs = nowMs;
    this.#marks = [mark, { ms: nowMs, cpuSeconds: mark.cpuSeconds, catchUpCount }];
    const elapsedSeconds = (nowMs - this.startedMs) / 1_000;
    this.folding.stand(1, elapsedSeconds, Number.isNaN(mark.cpuSeconds) ? NaN : 0);
    return { elapsedSeconds, intervalSeconds: (nowMs - mark.ms) / 1_000 };
  }

  /**
   * Set when the next sample is due; what was missed is skipped and counted, never made up.
   * @param tickCostMs what one tick costs of proctor's own CPU
   * @param isTold whether whatever begins in the tree will {@link stir}
   */
  schedule(nowMs: number, tickCostMs: number, isTold = false): void {
    if (!this.#rule || this.#nextMs > nowMs) return;
    const stillMs = isTold ? nowMs - this.#stillSinceMs : 0;
    const interval = nextIntervalMs(this.#rule, { quietMs: nowMs - this.#quietSinceMs, stillMs, tickCostMs });
    this.#leastMs = nextIntervalMs(this.#rule, { quietMs: 0, tickCostMs });
    this.#nextMs += interval;
    this.#intervalMs = interval;
    if (this.#nextMs > nowMs) return;
    const missed = Math.floor((nowMs - this.#nextMs) / interval) + 1;
    this.missedTickCount += missed;
    this.#nextMs += missed * interval;
    // Rounding may have left it at this very moment.
    if (this.#nextMs <= nowMs) this.#nextMs += interval;
  }

  /** Nothing is due any more. */
  finish(): void {
    this.follow(null, Infinity);
  }

  /** Whether nothing has moved since the last sample; CPU is asked for itself: totals are renewed between looks. */
  #isAlike(totals: Float64Array, catchUpCount: number): boolean {
    return !this.#hasMoved && this.#hasStoodStill(totals, catchUpCount);
  }

  #hasStoodStill(totals: Float64Array, catchUpCount: number): boolean {
    const { cpuSeconds, catchUpCount: before } = this.#marks[1];
    return catchUpCount === before && Object.is(totals[Total.cpuSeconds], cpuSeconds);
  }

  #intervalStart(reading: Reading, nowMs: number, isLast: boolean): Mark {
    const [before, last] = this.#marks;
    const mark = isLast && before && nowMs - last.ms < SHORTEST_LAST_MS ? before : last;
    return mark.catchUpCount === reading.catchUpCount ? mark : { ...mark, cpuSeconds: NaN };
  }

  #markAt(ms: number, { totals, processCount, catchUpCount }: Reading): Mark {
    const cpuSeconds = totals[Total.cpuSeconds];
    // As long as nobody was there, nobody has used anything.
    this.#isUnused &&= Number.isNaN(cpuSeconds) && processCount === 0;
    return { ms, cpuSeconds: this.#isUnused ? 0 : cpuSeconds, catchUpCount };
  }

  #adapt(reading: Reading, nowMs: number, rate: number): void {
    if (!this.#rule?.adaptive) return;
    const { processCount, threadCount, memoryBytes } = reading;
    const shape = { processCount, threadCount, cpuPercent: rate, memoryBytes };
    if (this.#reference && !hasChanged(this.#reference, shape, this.capacity)) return;
    // The first sample is a reference and no change: the tree is young anyway.
    if (this.#reference) this.#quietSinceMs = nowMs;
    this.#reference = shape;
  }
}
