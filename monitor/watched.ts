import type { Reading } from "../core/reading.ts";

/** A target as the manager sees it. */
export interface Watched {
  /**
   * The state at the last look, renewed in place. What a target has at a time (memory, threads, descriptors, processes)
   * stays as it was last seen when it has ended.
   */
  readonly reading: Reading;
  /** Most memory it may use by its own limits, in bytes; Infinity without. */
  readonly memoryLimitBytes: number;
  /** When it began, in milliseconds since the epoch; NaN before it has. */
  startTimeMs(): number;
  /** Renew the reading. */
  look(nowMs: number): void;
  /** Whether it has ended; cheap while it has not. */
  isOver(): boolean;
  /** Let go of what is held for watching; the target goes on. */
  release(): void;
}

/** What costs most (descriptors, peaks, memory of the idle) is read at most this often. */
export const FIGURES_EVERY_MS = 900;
