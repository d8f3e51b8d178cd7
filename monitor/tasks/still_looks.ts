import type { Platform, ProcessReader, StillProcesses } from "../../platform/mod.ts";
import type { Task } from "./task.ts";

/** Fewer are looked at one by one: what reads many has to be made first, at the price of thousands of looks. */
const MANY = 8;

/**
 * Finds of the tasks that are due those that stand still, each with one process, which is asked of all of them in one
 * call: their samples need no look.
 */
export class StillLooks {
  /** undefined before there were many. */
  #processes: StillProcesses | null | undefined;
  readonly #places = new Map<Task, number>();

  constructor(readonly platform: Platform) {}

  /** These are due now. */
  begin(tasks: readonly Task[]): void {
    this.#places.clear();
    if (tasks.length < MANY) return;
    if (this.#processes === undefined) this.#processes = this.platform.stillProcesses?.() ?? null;
    if (!this.#processes) return;
    const readers: ProcessReader[] = [];
    for (const task of tasks) {
      const reader = task.only;
      if (!reader) continue;
      this.#places.set(task, readers.length);
      readers.push(reader);
    }
    this.#processes.read(readers);
  }

  /** Whether one of them stands still, so that its sample needs no look. */
  isAtRest(task: Task): boolean {
    const place = this.#places.get(task);
    return place !== undefined && task.isAtRest(() => this.#processes!.isStill(place));
  }

  /** There are other tasks from now on. */
  renew(): void {
    this.#places.clear();
    this.#processes?.close();
  }
}
