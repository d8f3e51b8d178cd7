import type { LivingUse, ProcessTableSources } from "./process_sources.ts";
import type { ProcessLife } from "./process_life.ts";

/** What lives is read again when that was so long ago at least, in milliseconds … */
const LEAST_PAUSE_MS = 1_000;
/** … and so many times as long as reading it has taken: it is to cost a percent of a core at most. */
const COST_TIMES = 100;

/**
 * What processes that live have come to, read as often as that may cost. Files of each of its threads are read for each
 * process, so that a look at a thousand processes is not for every message.
 */
export class LivingLives {
  /** As they were when they were read. */
  #read = new WeakMap<ProcessLife, ProcessLife>();
  #readMs = -Infinity;
  #costMs = 0;

  /**
   * @param use what a living process has used; null when it is over
   * @param seenCpuSeconds its CPU as samples have seen it last, which costs nothing; NaN when they do not know it
   * @param nowMs a monotonic clock
   */
  constructor(
    readonly use: (pid: number) => LivingUse | null,
    readonly seenCpuSeconds: ProcessTableSources["seenCpuSeconds"],
    readonly nowMs: () => number = () => performance.now(),
  ) {}

  /**
   * Begin a look at all.
   * @param isPaced whether what was read a while ago will do
   */
  begin(isPaced: boolean): void {
    const pauseMs = Math.max(LEAST_PAUSE_MS, COST_TIMES * this.#costMs);
    if (isPaced && this.nowMs() - this.#readMs < pauseMs) return;
    this.#read = new WeakMap();
    this.#readMs = this.nowMs();
    this.#costMs = 0;
  }

  /**
   * A copy of one, which has come to what it had by the time it was read; whoever is new, or another program, is read
   * now.
   */
  goOn(life: ProcessLife, isIdentified: boolean): ProcessLife {
    const copy = life.copy();
    const before = this.#read.get(life);
    if (before && isSameProgram(before, copy)) {
      copy.goOnFrom(before, this.seenCpuSeconds(life.pid, life.isEarlier));
    } else {
      const startMs = this.nowMs();
      const use = this.use(life.pid);
      copy.goOn(use, isIdentified);
      this.#costMs += this.nowMs() - startMs;
      if (use) this.#read.set(life, copy);
    }
    copy.conclude();
    return copy;
  }
}

function isSameProgram(one: ProcessLife, other: ProcessLife): boolean {
  return one.isForkOnly === other.isForkOnly && one.name === other.name &&
    one.executable === other.executable && one.command === other.command;
}
