import { loopTurn } from "./loop_turn.ts";

/** The event loop has a turn at least this often: what the runtime does by timers must not wait for ever. */
const LONGEST_STAND_MS = 60_000;
/** Something in the loop that stays ready in spite of so many turns would have us go round and round. */
const MOST_IN_A_ROW = 64;
/** setTimeout counts in 31 bits; a wake-up an hour costs nothing. */
const LONGEST_SLEEP_MS = 3_600_000;

/** One call that is to come. */
export interface Timer {
  /** Have it not come. */
  clear(): void;
}

/** Calls at times of the monotonic clock, `performance.now()`. */
export interface Timers {
  /** Call a function once, when its time has come. */
  set(dueMs: number, call: () => void): Timer;
}

/** Timers of the event loop. */
export class LoopTimers implements Timers {
  /** @param keepsAlive whether the program goes on for as long as one is set */
  constructor(readonly keepsAlive = true) {}

  set(dueMs: number, call: () => void): Timer {
    const timer = setTimeout(call, wholeMs(dueMs - performance.now()));
    if (!this.keepsAlive) timer.unref();
    return { clear: () => clearTimeout(timer) };
  }
}

/**
 * What a program needs the event loop for while it waits: nothing; a turn, by which promises come to where they wait
 * for what {@link Stand | ends the standing}; or all the time, for timers and streams of its own.
 */
export type LoopNeed = "none" | "turn" | "all";

/** How a program stands still in the kernel; see `StandStill` of `platform/`. */
interface Stand {
  stand(ms: number): boolean;
}

/**
 * Timers of a program that owns its main thread: between two of them it stands still in the kernel, and the event loop,
 * which costs as much as what a timer does, does not turn unless something has come about in it.
 */
export class StillTimers implements Timers {
  readonly #timers = new Set<DueTimer>();
  #isOver = false;
  /** Ends a sleep in the event loop that would be longer than to this time. */
  #wakeBefore: (dueMs: number) => void = () => {};

  constructor(readonly still: Stand) {}

  set(dueMs: number, call: () => void): Timer {
    const timer = new DueTimer(dueMs, call, this.#timers);
    this.#timers.add(timer);
    this.#wakeBefore(dueMs);
    return timer;
  }

  /**
   * Call what is set when it is due, until {@link end}.
   * @param need what the event loop is needed for by now
   */
  async run(need: () => LoopNeed): Promise<void> {
    await loopTurn();
    let turnedMs = performance.now();
    let disturbedCount = 0;
    for (;;) {
      this.#callDue();
      // One of those that were called may have ended it, or somebody else in the event loop.
      if (this.#isOver) return;
      const now = performance.now();
      const ms = Math.min(Math.max(0, this.#nextMs() - now), LONGEST_STAND_MS);
      const needed = need();
      if (disturbedCount < MOST_IN_A_ROW && now - turnedMs < LONGEST_STAND_MS && needed !== "all") {
        // Promises that wait for nothing but their turn go on now, until other threads are waited for.
        if (needed === "turn") await loopTurn();
        if (!this.still.stand(ms)) {
          disturbedCount = 0;
          continue;
        }
        disturbedCount++;
        await loopTurn();
      } else {
        disturbedCount = 0;
        await this.#sleep(now + ms);
      }
      turnedMs = performance.now();
    }
  }

  /** No more calls. */
  end(): void {
    this.#isOver = true;
    this.#timers.clear();
    this.#wakeBefore(-Infinity);
  }

  #callDue(): void {
    const now = performance.now();
    for (const timer of [...this.#timers]) {
      // One that was called before may have taken it back.
      if (timer.dueMs <= now && this.#timers.delete(timer)) timer.call();
    }
  }

  #nextMs(): number {
    let next = Infinity;
    for (const { dueMs } of this.#timers) if (dueMs < next) next = dueMs;
    return next;
  }

  async #sleep(untilMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wholeMs(untilMs - performance.now()));
      this.#wakeBefore = (dueMs) => {
        if (dueMs >= untilMs) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakeBefore = () => {};
  }
}

class DueTimer implements Timer {
  constructor(
    readonly dueMs: number,
    readonly call: () => void,
    readonly timers: Set<DueTimer>,
  ) {}

  clear(): void {
    this.timers.delete(this);
  }
}

/** Bun cuts fractions off and would wake up early. */
function wholeMs(ms: number): number {
  return Math.ceil(Math.min(Math.max(0, ms), LONGEST_SLEEP_MS));
}
