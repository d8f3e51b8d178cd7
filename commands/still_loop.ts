import type { KnownTimers } from "./known_timers.ts";
import type { StandStill } from "../platform/mod.ts";

/** The event loop has a turn at least this often: what the runtime times itself is late by no more. */
const LONGEST_STAND_MS = 1_000;
/** After something has come about more may follow, of which no timer of ours knows: each pause is longer then. */
const SHORTEST_STAND_MS = 5;
const LONGER = 4;
/** What comes about all the time is left to the event loop for a while: it is better at that. */
const MOST_IN_A_ROW = 64;
const REST_MS = 1_000;

/**
 * Has a program that owns its thread stand still in the kernel whenever nothing is due, instead of in its event loop,
 * which has an allocator's thread, a collector and timers of its own to look after. It ends a pause as soon as anything
 * is ready in that loop (a signal, a connection, a file), and in time for the next timer.
 */
export class StillLoop {
  readonly #still: StandStill;
  readonly #timers: KnownTimers;
  readonly #own: KnownTimers["own"];
  #longestMs = SHORTEST_STAND_MS;
  #disturbedCount = 0;
  #isOver = false;

  /** @param still what it stands by; closed with it */
  constructor(still: StandStill, timers: KnownTimers) {
    this.#still = still;
    this.#timers = timers;
    this.#own = timers.own;
  }

  /** Stand still from the next turn of the event loop on. */
  begin(): void {
    this.#turn();
  }

  /** No more pauses; the event loop is waited in. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#still.close();
    this.#timers.giveBack();
  }

  /** In one turn what is ready is taken up, and in the next what has come of that; then nothing is left to be done. */
  #turn(): void {
    this.#own.setImmediate(() => this.#own.setImmediate(() => this.#step()));
  }

  #step(): void {
    if (this.#isOver) return;
    const nowMs = performance.now();
    const ms = this.#timers.nextMs(nowMs) - nowMs;
    if (ms <= 0) return this.#turn();
    const isDisturbed = this.#still.stand(Math.min(ms, this.#longestMs));
    if (isDisturbed) {
      this.#longestMs = SHORTEST_STAND_MS;
      if (++this.#disturbedCount >= MOST_IN_A_ROW) return this.#rest();
    } else {
      this.#disturbedCount = 0;
      this.#longestMs = Math.min(LONGEST_STAND_MS, LONGER * this.#longestMs);
    }
    this.#turn();
  }

  #rest(): void {
    this.#disturbedCount = 0;
    this.#own.setTimeout(() => this.#turn(), REST_MS);
  }
}
