import type { ProcessEvents } from "../platform/mod.ts";

/** While processes of the tree come and go events are taken this often, so that arguments can be read. */
const BUSY_MS = 20;
/** What is told late (accounts, the end of whom we have waited for) has come, or will not, by so many looks. */
const LATE_LOOKS = 3;

/** What taking events has brought. */
export interface Drained {
  readonly eventCount: number;
  /** Whether processes of the tree were among those that have come or gone. */
  readonly hasMoved: boolean;
  /** Whether it was the bell that has called. */
  readonly hasRung: boolean;
}

/**
 * When events are to be taken: at once when something has happened after a pause, and then at intervals, however much
 * happens; by a timer all the time where nobody can be woken by the feed.
 */
export class EventPace {
  #drainedMs = 0;
  #pauseMs = 0;
  #looksSinceMove = 0;
  #isIdle = false;

  constructor(readonly events: Pick<ProcessEvents, "patienceMs" | "idlePatienceMs">) {}

  /** Whether nothing waits, and nothing is late, so that the feed's descriptor will tell when to look. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /**
   * How long events may wait from now on.
   * @param isWoken whether the feed's descriptor wakes whoever waits
   */
  sleepMs(nowMs: number, isWoken: boolean): number {
    const pauseMs = isWoken && this.#isIdle ? this.events.idlePatienceMs : this.#pauseMs;
    return Math.max(0, this.#drainedMs + pauseMs - nowMs);
  }

  /** Events were taken out of turn: what has to wait for that is not done yet. */
  pulled(nowMs: number): void {
    this.#isIdle = false;
    // Later than this it would have been its turn anyway, or else it is soon.
    if (this.#drainedMs + this.#pauseMs > nowMs + BUSY_MS || this.#drainedMs + this.#pauseMs < nowMs) {
      this.#drainedMs = nowMs;
      this.#pauseMs = BUSY_MS;
    }
  }

  /** Events were taken in turn. */
  drained(nowMs: number, { eventCount, hasMoved, hasRung }: Drained): void {
    this.#drainedMs = nowMs;
    this.#looksSinceMove = hasMoved ? 0 : this.#looksSinceMove + 1;
    const { patienceMs } = this.events;
    this.#pauseMs = hasMoved ? BUSY_MS : Math.min(Math.max(BUSY_MS, this.#pauseMs * 2), patienceMs);
    // Of strangers' events, and of a bell that rings for nothing, it is not woken more often than by the timer.
    this.#isIdle = eventCount === 0 && !hasRung && this.#looksSinceMove >= LATE_LOOKS;
  }
}
