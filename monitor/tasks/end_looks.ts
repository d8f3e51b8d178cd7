import type { Platform, ProcessClocks, ProcessReader } from "../../platform/mod.ts";
import type { Task } from "./task.ts";

/**
 * Finds the tasks whose targets are over. Of a target that one process keeps going it is enough to know that this one
 * has not run since the last look, which is asked of all of them in one call.
 */
export class EndLooks {
  readonly #clocks: ProcessClocks | undefined;

  constructor(platform: Platform) {
    this.#clocks = platform.clocks?.();
  }

  /** Those of the tasks that are over now. */
  over(tasks: Iterable<Task>): Task[] {
    const alone: Task[] = [];
    const keepers: ProcessReader[] = [];
    const over: Task[] = [];
    const clocks = this.#clocks;
    for (const task of tasks) {
      const keeper = clocks && task.watched.keeper?.();
      if (!keeper) {
        if (task.watched.isOver()) over.push(task);
        continue;
      }
      alone.push(task);
      keepers.push(keeper);
    }
    if (keepers.length === 0) return over;
    clocks!.read(keepers);
    alone.forEach((task, index) => {
      if (clocks!.hasRun(index) && task.watched.isOver()) over.push(task);
    });
    return over;
  }

  /** No more looks. */
  close(): void {
    this.#clocks?.close();
  }
}
