/** A runtime waits for its own children within a turn of its loop; this is many turns, unless something blocks it. */
const UNREAPED_FOR_MS = 200;

/**
 * Ended children of this program of which nobody knows whether they are orphans of a tree or the program's own, which
 * its runtime will wait for.
 */
export class Suspects {
  readonly pids: ReadonlySet<number>;
  /** Whether the runtime has had its chance: those who still stand are orphans. */
  areStale = false;

  constructor(pids: readonly number[]) {
    this.pids = new Set(pids);
    if (pids.length === 0) this.areStale = true;
    // A loop that is blocked waits for nobody: it has to have turned, its timers first and then what had come.
    else setTimeout(() => setImmediate(() => this.areStale = true), UNREAPED_FOR_MS).unref();
  }
}
