import { Backoff } from "../../io/backoff.ts";
import type { Ending } from "./connection.ts";

/** A connection that lasts for so long has worked: the next try after it may come soon. */
const PROVEN_MS = 30_000;
/** Whoever else has our client ID is not to be thrown out again soon: it would throw us out in turn. */
const SHORTEST_TAKEN_OVER_MS = 60_000;
const LONGEST_TAKEN_OVER_MS = 600_000;
/** Whoever fights for a client ID is not left alone for so long; a line that breaks now and then may be. */
const UNDISPUTED_MS = 120_000;
/** So many ends without a word in a row, of connections on which all was well, are no accident. */
const MOST_SUDDEN_ENDS = 3;

/** When a session tries again after the end of a connection. */
export class Retry {
  readonly #usual: Backoff;
  readonly #takenOver = new Backoff(SHORTEST_TAKEN_OVER_MS, LONGEST_TAKEN_OVER_MS);
  #suddenEnds = 0;

  /**
   * @param shortestMs before the second try, at most
   * @param isArbitrated whether something else than the broker says whose the client ID is: whoever has it need not
   *   stand back for one who has not learnt yet that it has lost it
   * @param longestMs before any further try, at most
   */
  constructor(shortestMs: number | undefined, readonly isArbitrated = false, longestMs?: number) {
    this.#usual = new Backoff(shortestMs, longestMs);
  }

  /**
   * A connection is over.
   * @param lastedMs since the broker had taken the subscriptions; null: it never had
   * @returns when to try again, and what is to be said of it
   */
  after(
    { reason, kind }: Ending,
    lastedMs: number | null,
  ): { readonly delayMs: number; readonly why: string } {
    if (lastedMs !== null && lastedMs >= PROVEN_MS) this.#usual.reset();
    if (lastedMs !== null && lastedMs >= UNDISPUTED_MS) this.#suddenEnds = 0;
    if (lastedMs !== null && lastedMs >= LONGEST_TAKEN_OVER_MS) this.#takenOver.reset();
    // MQTT 3.1.1 has no word for it, and Mosquitto says none in either version.
    if (kind === "sudden" && lastedMs !== null) this.#suddenEnds++;
    const isGuess = this.#suddenEnds >= MOST_SUDDEN_ENDS && kind === "sudden" && lastedMs !== null;
    if (this.isArbitrated || (kind !== "taken over" && !isGuess)) {
      return { delayMs: this.#usual.nextMs(), why: reason };
    }
    const delayMs = this.#takenOver.nextMs();
    const guess =
      `${reason}, time and again soon after it has let us in, as when another client has our client ID`;
    return {
      delayMs,
      why: `${isGuess ? guess : reason}; the next try is in ${Math.round(delayMs / 1_000)} s`,
    };
  }
}
