import { Round } from "./round.ts";

/** How often many come to their turn, counted in beats. */
export interface Pace {
  /** A beat for each so many of them, from one time to the next. */
  readonly share: number;
  /** No more beats than this, however many there are. */
  readonly longest: number;
}

/** So many at a time take a moment in which nothing else is done. */
const MOST = 100;

/**
 * Goes through many as often as if each beat took a share of them, but with few beats that do anything: one that comes
 * right behind another costs a tenth of one that comes alone.
 */
export class PacedRound<T> {
  readonly #round: Round<T>;
  #beat = 0;

  /** @param all which come and go meanwhile */
  constructor(readonly all: ReadonlyMap<unknown, T>, readonly pace: Pace) {
    this.#round = new Round(all);
  }

  /** Those whose turn it is at this beat: at most of them nobody's. */
  next(): Iterable<T> {
    const { all: { size }, pace: { share, longest } } = this;
    const pieces = Math.ceil(size / MOST);
    const beats = Math.min(longest, Math.ceil(size / share));
    if (++this.#beat < Math.floor(beats / pieces)) return [];
    this.#beat = 0;
    return this.#round.next(Math.min(MOST, Math.ceil(size / pieces)));
  }
}
