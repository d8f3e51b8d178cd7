import type { ProcessIdentity } from "./lookup.ts";

/** A file that says the same as long as nothing has come about. */
export interface StillFile {
  readonly descriptor: number;
  /** What it says now; it is handed out in one piece. */
  readonly text: Uint8Array;
  /** It need not be read more often than this; 0: at each tick. */
  readonly everyMs: number;
}

/** Ticks through which nothing is likely to come about. */
export interface StillTicks {
  /** When the first of them is due, on the monotonic clock. */
  readonly dueMs: number;
  /** From each to the next. */
  readonly intervalMs: number;
  /** How many, at most. */
  readonly most: number;
  /** Late is what comes after so much of its interval. */
  readonly lateShare: number;
  /** What each of them reads. */
  readonly files: readonly StillFile[];
}

/** What has become of them. */
export interface PassedTicks {
  /** Those that were like the ones before; the next is still to be taken. */
  readonly count: number;
  readonly lateCount: number;
  /** When the last of them was, and the one before it. */
  readonly lastMs: number;
  readonly beforeMs: number;
  /** Whether something has come about in the event loop or with the process. */
  readonly isDisturbed: boolean;
}

/**
 * A program that does nothing between two ticks does so cheapest by standing still in the kernel: its event loop, which
 * has timers and memory of its own to look after, does not turn meanwhile. JavaScript's timers do not fire.
 */
export interface StandStill {
  /**
   * Stand still for so many milliseconds, which may be a fraction; less when the event loop has something to do (a
   * signal has come, a file is written), or the process that is watched has ended.
   * @param bell a descriptor that ends it as well, as soon as it is readable: {@link hasRung}
   * @returns whether something has come about in the event loop or with the process, the bell left out
   */
  stand(ms: number, bell?: number): boolean;
  /**
   * Stand still through ticks, as long as each finds what the one before has found: no child has ended, and the files
   * say what they said. Less when {@link stand} would end. null where ticks cannot be gone through.
   */
  standThrough(ticks: StillTicks): PassedTicks | null;
  /** Whether the bell was readable when the standing ended. */
  readonly hasRung: boolean;
  /**
   * Read what has made a bell ring that is a stream, as far as it is there; empty where the stream is over or cannot be
   * read, null where there is nothing after all.
   */
  read(bell: number): Uint8Array | null;
  /**
   * Have the end of this process end the standing, once: it is not watched any more then. Another one that was watched
   * is not, either. False when it cannot be watched, as when it is gone.
   */
  watch(process: ProcessIdentity): boolean;
  /** Whether the end of a process will be noticed. */
  readonly isWatching: boolean;
  /** Watch no process any more. */
  unwatch(): void;
  /** Give back what it holds; it is of no use afterwards. */
  close(): void;
}

/** The thread of this program's event loop. */
export interface Thread {
  /** How to stand still with it, for programs that own it; null where the runtime would not notice what happens. */
  standStill(): StandStill | null;
}
