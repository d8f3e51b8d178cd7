import type { ProcessIdentity } from "./lookup.ts";

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
  /** Whether the bell was readable when the standing ended. */
  readonly hasRung: boolean;
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
