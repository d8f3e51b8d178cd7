import type { Roll } from "../model/view.ts";
import type { HourColumn } from "../store/contract.ts";

/** What is summed up, or looked at, of a column. */
export const MEASURES = ["increase", "average", "peak"] as const;
/** What is summed up, or looked at, of a column. */
export type Measure = typeof MEASURES[number];

/** Numbers of tasks are given one after another: more than this is not a number of a task. */
const MOST_TASKS = 2 ** 26;
const FIRST_ROOM = 1_024;

/** One figure of each task, gathered roll by roll, in arrays by the numbers of tasks: there are many of them. */
export class TaskSums {
  /** The increase, the sum, or the peak. */
  #values = new Float64Array(FIRST_ROOM);
  /** Samples; of increases and peaks whether there are any. */
  #counts = new Float64Array(FIRST_ROOM);

  constructor(readonly measure: Measure) {}

  /** Add a roll of a task. */
  add(task: number, { n, sum, max, increase }: Roll): void {
    if (this.measure === "increase") this.#put(task, increase, 1);
    else if (this.measure === "peak") this.#put(task, max, 1);
    else this.#put(task, sum, n);
  }

  /** Add an hour of all tasks; only what is needed of it is read, where the store has it apart. */
  addHour(rolls: HourColumn["rolls"]): void {
    if (!rolls.field) {
      for (const [task, roll] of rolls) this.add(task, roll);
      return;
    }
    const tasks = rolls.field("task");
    const values = rolls.field(
      this.measure === "average" ? "sum" : this.measure === "peak" ? "max" : "increase",
    );
    const counts = this.measure === "average" ? rolls.field("n") : null;
    if (values.length < tasks.length || (counts && counts.length < tasks.length)) {
      throw new Error("an hour has more tasks than figures");
    }
    if (this.measure === "peak") {
      for (let at = 0; at < tasks.length; at++) this.#put(tasks[at], values[at], 1);
    } else this.#addAll(tasks, values, counts);
  }

  /** There are millions of them in a day: a call for each takes three times as long. */
  #addAll(tasks: Float64Array, values: Float64Array, counts: Float64Array | null): void {
    let highest = 0;
    for (let at = 0; at < tasks.length; at++) if (tasks[at] > highest) highest = tasks[at];
    if (highest >= this.#counts.length) this.#grow(highest);
    const allValues = this.#values;
    const allCounts = this.#counts;
    for (let at = 0; at < tasks.length; at++) {
      const task = tasks[at];
      allValues[task] += values[at];
      allCounts[task] += counts === null ? 1 : counts[at];
    }
  }

  /** The figure of a task; NaN where there is none. */
  valueOf(task: number): number {
    const count = this.#counts[task];
    if (!(count > 0)) return NaN;
    return this.measure === "average" ? this.#values[task] / count : this.#values[task];
  }

  /** The tasks that have a figure, with it. */
  *entries(): Generator<readonly [task: number, value: number]> {
    for (let task = 0; task < this.#counts.length; task++) {
      if (this.#counts[task] > 0) yield [task, this.valueOf(task)];
    }
  }

  #put(task: number, value: number, count: number): void {
    if (task >= this.#counts.length) this.#grow(task);
    const isFirst = this.#counts[task] === 0;
    this.#counts[task] += count;
    if (this.measure !== "peak") this.#values[task] += value;
    else if (isFirst || value > this.#values[task]) this.#values[task] = value;
  }

  #grow(task: number): void {
    if (!(task < MOST_TASKS)) throw new Error(`${task} is not a number of a task`);
    const room = 2 ** Math.ceil(Math.log2(task + 1));
    const [values, counts] = [new Float64Array(room), new Float64Array(room)];
    values.set(this.#values);
    counts.set(this.#counts);
    [this.#values, this.#counts] = [values, counts];
  }
}
