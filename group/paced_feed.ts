import type { ProcessEvents, ProcessEventSink } from "../platform/mod.ts";
import { EventPace } from "./event_pace.ts";

/** Who is told by a feed. */
export interface FeedListener {
  /** Whom events are handed to. */
  readonly sink: ProcessEventSink;
  /** Events were lost. */
  readonly lose: () => void;
  /**
   * All that had happened was handed over: see to what has to wait for that.
   * @param hasLost whether events were lost of late
   * @returns processes that were told of, and those that are kept
   */
  readonly settle: (hasLost: boolean) => Standing;
}

interface Standing {
  readonly totalCount: number;
  readonly keptCount: number;
}

/** A feed that is taken from at the pace of its tree. Nobody may touch one that is closed. */
export class PacedFeed {
  /** Events that were lost until it was settled last. */
  lostCount = 0;
  readonly #pace: EventPace;
  /** Losses that the listener has been told of. */
  #toldLostCount = 0;
  /** Events since the last settlement. */
  #eventCount = 0;
  /** Looks for what a loss may have swallowed that are still to be taken. */
  #searches = 0;
  /** What stood when it was settled last. */
  #settled: Standing = { totalCount: 0, keptCount: 0 };
  #isClosed = false;

  constructor(readonly events: ProcessEvents) {
    this.#pace = new EventPace(events);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What to wake up by; undefined while it is left alone. */
  get bell(): number | undefined {
    return !this.#isClosed && this.#pace.isIdle ? this.events.descriptor : undefined;
  }

  /**
   * How long events may wait from now on.
   * @param isWoken whether the {@link bell} ends the sleep
   */
  sleepMs(nowMs: number, isWoken: boolean): number {
    return this.#isClosed ? Infinity : this.#pace.sleepMs(nowMs, isWoken);
  }

  /** Hand over what has happened, out of turn. */
  pull(listener: FeedListener): void {
    if (this.#isClosed) return;
    if (this.#hand(listener) > 0) this.#pace.pulled(performance.now());
  }

  /**
   * Hand over what has happened, and have it settled.
   * @param hasRung whether it was the {@link bell} that has called
   */
  drain(listener: FeedListener, nowMs: number, hasRung = false): void {
    if (this.#isClosed) return;
    this.#hand(listener);
    if (this.#toldLostCount !== this.lostCount) this.#searches = 2;
    this.lostCount = this.#toldLostCount;
    const standing = listener.settle(this.#searches > 0);
    if (this.#searches > 0) this.#searches--;
    // A feed that others share may have told this listener by one of their looks.
    const hasMoved = standing.totalCount !== this.#settled.totalCount ||
      standing.keptCount !== this.#settled.keptCount;
    this.#pace.drained(nowMs, { eventCount: this.#eventCount, hasMoved, hasRung });
    this.#settled = standing;
    this.#eventCount = 0;
  }

  /** Take no more from it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.events.close();
  }

  /** How many events were handed over. */
  #hand({ sink, lose }: FeedListener): number {
    const count = this.events.drain(sink);
    this.#eventCount += count;
    const lostCount = this.events.lostCount();
    if (lostCount !== this.#toldLostCount) lose();
    this.#toldLostCount = lostCount;
    return count;
  }
}
