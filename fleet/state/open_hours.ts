import { COLUMN_AT, COLUMNS } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { OpenRolls, Roll } from "../model/view.ts";
import { COUNTERS_AT } from "./increases.ts";

export const HOUR_MS = 3_600_000;
/** More open hours than this are not kept: the store makes older ones of what is sealed. */
const MOST_HOURS = 3;
/** Gauges by which tasks are ordered over a period; of the others there is the history. */
const GAUGES_AT = [
  "cpu_percent",
  "memory_bytes",
  "memory_percent",
  "process_count",
  "thread_count",
  "file_descriptor_count",
  "gpu_percent",
  "gpu_memory_bytes",
  "load_1m",
  "swap_percent",
  "disk_used_bytes",
]
  .map((name) => COLUMN_AT.get(name)!);

/** Of a gauge: how many, sum, lowest, highest. */
const GAUGE_WIDTH = 4;
const GAUGE_FIELDS: readonly string[] = ["n", "sum", "min", "max"];
/** Columns of an hour: what counters have grown by, and then the gauges. */
const PLACES = COUNTERS_AT.length + GAUGES_AT.length;
/** Tasks in a block: memory grows by blocks, and none is ever copied. */
const BLOCK = 256;

/** The start of the hour that a time is in. */
export function hourOf(time: number): number {
  return time - time % HOUR_MS;
}

/**
 * One hour: a row of sums for each task that was heard of in it, column by column. Of what no task in a block has
 * nothing is kept.
 */
class OpenHour {
  readonly #rows = new Map<number, number>();
  /** Rows that were ever given. */
  #count = 0;
  readonly #columns: Float64Array[][] = Array.from({ length: PLACES }, () => []);

  add(task: number, figures: Figures, increases: Figures): void {
    const row = this.#row(task);
    for (let n = 0; n < COUNTERS_AT.length; n++) {
      const increase = increases[COUNTERS_AT[n]];
      if (increase > 0) this.#block(n, row)[row % BLOCK] += increase;
    }
    for (let n = 0; n < GAUGES_AT.length; n++) {
      const value = figures[GAUGES_AT[n]];
      if (!Number.isNaN(value)) this.#addGauge(COUNTERS_AT.length + n, row, 1, value, value, value);
    }
  }

  /** Add what is stored of a part of this hour. */
  addRoll(task: number, column: string, { n, sum, min, max, increase }: Roll): void {
    const at = placeOf(column);
    if (at < 0) return;
    const row = this.#row(task);
    if (at >= COUNTERS_AT.length) { if (n > 0) this.#addGauge(at, row, n, sum, min, max); }
    else if (increase > 0) this.#block(at, row)[row % BLOCK] += increase;
  }

  drop(task: number): void {
    // The row stays with nobody: there are few that go, and hours are short.
    this.#rows.delete(task);
  }

  *rolls(column: string): Generator<readonly [task: number, roll: Roll]> {
    const at = placeOf(column);
    if (at < 0) return;
    for (const [task, row] of this.#rows) {
      const block = this.#columns[at][Math.floor(row / BLOCK)];
      if (at < COUNTERS_AT.length) {
        yield [task, { n: 1, sum: NaN, min: NaN, max: NaN, increase: block?.[row % BLOCK] ?? 0 }];
      } else if (block && block[row % BLOCK * GAUGE_WIDTH] > 0) {
        const start = row % BLOCK * GAUGE_WIDTH;
        const [n, sum, min, max] = [block[start], block[start + 1], block[start + 2], block[start + 3]];
        yield [task, { n, sum, min, max, increase: 0 }];
      }
    }
  }

  /** One field of a column, of the tasks that `rolls` has, in the same order. */
  field(column: string, name: "task" | keyof Roll): Float64Array {
    const at = placeOf(column);
    const values = new Float64Array(at < 0 ? 0 : this.#rows.size);
    const isCounter = at < COUNTERS_AT.length;
    const within = GAUGE_FIELDS.indexOf(name);
    let count = 0;
    for (const [task, row] of at < 0 ? [] : this.#rows) {
      const block = this.#columns[at][Math.floor(row / BLOCK)];
      const place = row % BLOCK;
      if (!isCounter && !(block && block[place * GAUGE_WIDTH] > 0)) continue;
      values[count++] = name === "task"
        ? task
        : !isCounter
        ? within < 0 ? 0 : block[place * GAUGE_WIDTH + within]
        : name === "increase"
        ? block?.[place] ?? 0
        : name === "n"
        ? 1
        : NaN;
    }
    return values.subarray(0, count);
  }

  #row(task: number): number {
    let row = this.#rows.get(task);
    if (row === undefined) this.#rows.set(task, row = this.#count++);
    return row;
  }

  #block(at: number, row: number): Float64Array {
    const width = at < COUNTERS_AT.length ? 1 : GAUGE_WIDTH;
    return this.#columns[at][Math.floor(row / BLOCK)] ??= new Float64Array(BLOCK * width);
  }

  #addGauge(at: number, row: number, n: number, sum: number, min: number, max: number): void {
    const [block, start] = [this.#block(at, row), row % BLOCK * GAUGE_WIDTH];
    const isFirst = block[start] === 0;
    block[start] += n;
    block[start + 1] += sum;
    block[start + 2] = isFirst ? min : Math.min(block[start + 2], min);
    block[start + 3] = isFirst ? max : Math.max(block[start + 3], max);
  }
}

/** Where a column stands among those of an hour; -1 where it is none of them. */
function placeOf(column: string): number {
  const at = COLUMN_AT.get(column) ?? -1;
  const gauge = GAUGES_AT.indexOf(at);
  return gauge < 0 ? COUNTERS_AT.indexOf(at) : COUNTERS_AT.length + gauge;
}

/** What tasks have used in the hours of which the store has made no rolls yet: today's top needs no reading. */
export class OpenHours {
  readonly #hours = new Map<number, { readonly ofTasks: OpenHour; readonly ofHosts: OpenHour }>();
  /** Hours up to this one are closed: what comes late for them is the store's matter. */
  #closedUpTo = -Infinity;
  /** None that begins before this is opened: of those the store has all there was, whether or not we saw them made. */
  #endedBefore = -Infinity;

  /** The hours that are open, the earliest first. */
  get hours(): readonly number[] {
    return [...this.#hours.keys()].sort((a, b) => a - b);
  }

  /** @param isHost whether it is the task of a host itself: those have other figures, and are kept apart */
  add(task: number, isHost: boolean, time: number, figures: Figures, increases: Figures): void {
    const hour = this.#at(hourOf(time));
    (isHost ? hour?.ofHosts : hour?.ofTasks)?.add(task, figures, increases);
  }

  /** Add what is stored of a part of an hour, as after a restart. */
  addRoll(task: number, isHost: boolean, time: number, column: string, roll: Roll): void {
    const hour = this.#at(hourOf(time));
    (isHost ? hour?.ofHosts : hour?.ofTasks)?.addRoll(task, column, roll);
  }

  /** Forget what a task has used: it is read again. */
  drop(task: number): void {
    for (const { ofTasks, ofHosts } of this.#hours.values()) {
      ofTasks.drop(task);
      ofHosts.drop(task);
    }
  }

  /** One column of an hour: of a counter only what it has grown by. */
  *rolls(hour: number, column: string): Generator<readonly [task: number, roll: Roll]> {
    const open = this.#hours.get(hour);
    if (!open) return;
    yield* open.ofTasks.rolls(column);
    yield* open.ofHosts.rolls(column);
  }

  /** The same as arrays: of tasks, and of hosts. */
  arrays(hour: number, column: string): readonly OpenRolls[] {
    const open = this.#hours.get(hour);
    return (open ? [open.ofTasks, open.ofHosts] : []).map((rows) => ({
      field: (name) => rows.field(column, name),
      [Symbol.iterator]: () => rows.rolls(column),
    }));
  }

  /** The store has made this hour. */
  close(hour: number): void {
    this.#hours.delete(hour);
    this.#closedUpTo = Math.max(this.#closedUpTo, hour);
  }

  /**
   * The store has made all that had ended before an hour, which may be none, as after a restart. One late sample would
   * else open an hour of its own, and what is stored of that hour would not count. What is open stays open. A clock
   * that was set back sets this back, too.
   */
  endBefore(hour: number): void {
    this.#endedBefore = hour;
  }

  #at(hour: number) {
    const found = this.#hours.get(hour);
    if (found || hour <= this.#closedUpTo || hour < this.#endedBefore) return found;
    const made = { ofTasks: new OpenHour(), ofHosts: new OpenHour() };
    this.#hours.set(hour, made);
    if (this.#hours.size > MOST_HOURS) this.close(this.hours[0]);
    return made;
  }
}

/** The columns of open hours: of the others there is the history of each task. */
export const HOUR_COLUMNS: ReadonlySet<string> = new Set(
  [...COUNTERS_AT, ...GAUGES_AT].map((at) => COLUMNS[at].name),
);
