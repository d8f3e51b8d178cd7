import { Bell } from "../bell.ts";

/** The most values queued for a slow client, unless told otherwise. */
const MOST_WAITING = 1_000;

/** What a client of a feed gets: a value, or how many it has missed. */
export type Fed<T> = { readonly value: T } | { readonly missed: number };

/** Values as they come, for one client that takes them at its own pace. */
export class Feed<T> {
  #waiting: T[] = [];
  #missed = 0;
  readonly #bell = new Bell();

  /** @param most values that wait for it; more are dropped, and it is told how many */
  constructor(readonly most = MOST_WAITING) {}

  push(value: T): void {
    if (this.#waiting.length < this.most) this.#waiting.push(value);
    else this.#missed++;
    this.#bell.ring();
  }

  /** Everything pushed until the signal comes. */
  async *values(signal: AbortSignal): AsyncGenerator<Fed<T>> {
    while (!signal.aborted) {
      const [waiting, missed] = [this.#waiting, this.#missed];
      [this.#waiting, this.#missed] = [[], 0];
      for (const value of waiting) yield { value };
      if (missed > 0) yield { missed };
      if (this.#waiting.length === 0 && this.#missed === 0) await this.#bell.wait(signal);
    }
  }
}
