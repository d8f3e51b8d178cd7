import type { StoreTime } from "../store/shares.ts";

/** By so much at most two clocks of machines drift apart, of the time that passes. */
const DRIFT = 0.000_2;

/**
 * What time it is by the store that managers share, read now and then and counted on by a clock that is never set: so
 * all of them go by one clock, whatever that of their own machine says.
 */
export class StoreClock {
  /** What it was at a moment of the steady clock, and how far that may be off. */
  #known: { readonly time: number; readonly at: number; readonly offBy: number } | null = null;

  /**
   * @param wall the clock of this machine, ms since 1970
   * @param steady one that is never set, ms
   */
  constructor(
    readonly wall: () => number = Date.now,
    readonly steady: () => number = () => performance.now(),
  ) {}

  /** The store has told its time: when in between the question and the answer is not known. */
  take({ time, askedAt, answeredAt }: StoreTime): void {
    const offBy = (answeredAt - askedAt) / 2;
    const next = { time, at: (askedAt + answeredAt) / 2, offBy };
    const known = this.#known;
    if (known) {
      const doubt = known.offBy + DRIFT * (next.at - known.at);
      const difference = Math.abs(known.time + next.at - known.at - time);
      // What is known better goes on, as long as it can be right: a clock that was set, or slept, cannot.
      if (offBy > doubt && difference <= offBy + doubt) return;
    }
    this.#known = next;
  }

  /** What time it is, ms since 1970; by this machine until the store was asked. */
  readonly now = (): number => this.#known ? this.#known.time + this.steady() - this.#known.at : this.wall();

  /** How far the clock of this machine is ahead of it, ms; negative: behind. */
  get aheadMs(): number {
    return this.wall() - this.now();
  }
}
