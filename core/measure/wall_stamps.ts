/**
 * What the wall clock shows at moments of the monotonic clock, in whole milliseconds since 1970. A moment that has
 * passed is reckoned back from now, which may come out one millisecond too early: none is before the last for that.
 */
export class WallStamps {
  #last = -Infinity;

  /** @param wall in whole milliseconds, as Date.now has it @param monotonic in milliseconds */
  constructor(
    readonly wall: () => number = Date.now,
    readonly monotonic: () => number = () => performance.now(),
  ) {}

  now(): number {
    return this.#stamp(this.wall());
  }

  /** @param ms by the monotonic clock, not after now */
  at(ms: number): number {
    return this.#stamp(Math.round(this.wall() - (this.monotonic() - ms)));
  }

  /** A clock that was set back by more is followed. */
  #stamp(ms: number): number {
    if (this.#last - ms !== 1) this.#last = ms;
    return this.#last;
  }
}
