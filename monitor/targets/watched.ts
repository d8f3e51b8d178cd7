import type { ProcessTableRecord } from "../../core/schema/process_table_schema.ts";
import type { TaskAccounting } from "../../core/schema/task_message.ts";
import type { ProcessReader } from "../../platform/mod.ts";
import type { TellEnd } from "./told_processes.ts";
import type { Reading } from "../../core/measure/reading.ts";

/** A target as the manager sees it. */
export interface Watched {
  /**
   * The state at the last look, renewed in place. What a target has at a time (memory, threads, descriptors, processes)
   * stays as it was last seen when it has ended.
   */
  readonly reading: Reading;
  /** Most memory it may use by its own limits, in bytes; Infinity without. */
  readonly memoryLimitBytes: number;
  /** Whether what its sockets receive and send is counted, which its messages then tell whatever the profile. */
  readonly countsNetwork?: boolean;
  /** Where its figures come from, where that is not the same for all of its kind. */
  accounting?(): TaskAccounting;
  /** Every process of it as of the last look, where that was asked for. */
  processes?(): ProcessTableRecord | undefined;
  /** Have the end of each of its processes told, where those were asked for. */
  tellEnds?(tell: TellEnd): void;
  /** Have births, executions and ends told as they are heard of, where they are. */
  hearNews?(stir: () => void): void;
  /** When it began, in milliseconds since the epoch; NaN before it has. */
  startTimeMs(): number;
  /**
   * Renew the reading.
   * @param withGpu whether it is asked for what it does with GPUs
   * @param isLast whether no other look comes after
   */
  look(nowMs: number, withGpu: boolean, isLast: boolean): void;
  /** Whether it has ended; cheap while it has not. */
  isOver(): boolean;
  /** As long as this process has not run since its last look the target is not over; undefined where there is none. */
  keeper?(): ProcessReader | undefined;
  /** The only process of it; undefined where there are none or several, or where that does not tell how it is. */
  only?(): ProcessReader | undefined;
  /**
   * Whether a look would find what the last one has, so that there need be none.
   * @param isStill tells whether the {@link only} process is as it was
   */
  isAtRest?(isStill: () => boolean): boolean;
  /** Let go of what is held for watching; the target goes on. */
  release(): void;
}

const FIGURES_EVERY_MS = 900;

/** What costs most (descriptors, peaks, memory of the idle) is not read at every look. */
export class FiguresPace {
  #lastMs = -Infinity;

  /** Whether it is to be read at the look of now; it is then not due for a while. */
  areDue(nowMs: number): boolean {
    if (nowMs - this.#lastMs < FIGURES_EVERY_MS) return false;
    this.#lastMs = nowMs;
    return true;
  }
}
