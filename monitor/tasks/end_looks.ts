import type { Platform, ProcessClocks, ProcessReader } from "../../platform/mod.ts";
import type { Task } from "./task.ts";

/**
 * Finds the tasks whose targets are over. Of a target that one process keeps going it is enough to know that this one
 * has not run since its last look, which is asked of all of them in one call.
 */
export class EndLooks {
  readonly #clocks: ProcessClocks | undefined;
  /** Tasks with such a process, and those processes. */
  #kept: Task[] = [];
  #keepers: ProcessReader[] = [];
  #others: Task[] = [];
  #isStale = false;

  constructor(platform: Platform) {
    this.#clocks = platform.clocks?.();
  }

  /** There are other tasks than at the last look. */
  renew(): void {
    this.#isStale = true;
  }

  /** Those of the tasks that are over now. */
  over(tasks: Iterable<Task>): Task[] {
    if (this.#isStale) this.#sort(tasks);
    const over = this.#others.filter(({ watched }) => watched.isOver());
    const clocks = this.#clocks;
    if (this.#keepers.length === 0 || !clocks) return over;
    clocks.read(this.#keepers);
    for (let index = 0; index < this.#kept.length; index++) {
      // As long as it does not run it stays what it is.
      if (!clocks.hasRun(index)) continue;
      const task = this.#kept[index];
      if (task.watched.isOver()) over.push(task);
      if (task.watched.keeper!() !== this.#keepers[index]) this.#isStale = true;
    }
    return over;
  }

  /** No more looks. */
  close(): void {
    this.#clocks?.close();
  }

  #sort(tasks: Iterable<Task>): void {
    this.#isStale = false;
    [this.#kept, this.#keepers, this.#others] = [[], [], []];
    for (const task of tasks) {
      const keeper = this.#clocks && task.watched.keeper?.();
      if (keeper) {
        this.#kept.push(task);
        this.#keepers.push(keeper);
      } else this.#others.push(task);
    }
  }
}
