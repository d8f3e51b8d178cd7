import type { Say } from "./say.ts";

/** A machine's clock that is off by more is told of, and again when it is right. */
const [WRONG_MS, RIGHT_MS] = [10_000, 5_000];

/** Tells people that the clock of this machine is wrong: once, and when it is right again. */
export class WrongClock {
  #isTold = false;

  /**
   * @param rightOne whose time is taken in place of it, in words
   * @param whereAhead what is done instead while it is ahead
   */
  constructor(
    readonly say: Say,
    readonly rightOne: string,
    readonly whereAhead = "whose time is used",
  ) {}

  /** @param aheadMs how far it is ahead now; negative: behind */
  look(aheadMs: number): void {
    if (!this.#isTold && Math.abs(aheadMs) >= WRONG_MS) {
      this.#isTold = true;
      const seconds = Math.round(Math.abs(aheadMs) / 1_000);
      this.say(
        "warn",
        aheadMs > 0
          ? `the clock of this machine is ${seconds} s ahead of ${this.rightOne}, ${this.whereAhead}; set it by NTP`
          : `the clock of this machine is ${seconds} s behind ${this.rightOne}, whose time is used; set it by NTP`,
      );
    } else if (this.#isTold && Math.abs(aheadMs) <= RIGHT_MS) {
      this.#isTold = false;
      this.say("info", "the clock of this machine is right again");
    }
  }
}
