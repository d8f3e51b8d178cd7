import { isWorker } from "./worker.ts";

/**
 * A runtime waits for its own children within a turn of its loop or two; turns are counted, since something may block
 * it.
 */
const TURN_MS = 10;
const TURNS = 20;
/**
 * Orphans are reparented to the main thread, next to its own children; a worker sees neither its loop nor what blocks
 * it.
 */
const TURNS_IN_WORKER = 300;

/**
 * Ended children of this program that may be orphans of a tree, or the program's own, which its runtime will wait for.
 */
export class Suspects {
  readonly pids: ReadonlySet<number>;
  /** Whether the runtime has had time to reap its own: the remaining ones are orphans. */
  areStale = false;

  constructor(pids: readonly number[]) {
    this.pids = new Set(pids);
    if (pids.length === 0) this.areStale = true;
    else this.#turn(isWorker() ? TURNS_IN_WORKER : TURNS);
  }

  /** Rearmed in each turn: between two of them the loop handles its pending events. */
  #turn(left: number): void {
    if (left === 0) this.areStale = true;
    else setTimeout(() => setImmediate(() => this.#turn(left - 1)), TURN_MS).unref();
  }
}
