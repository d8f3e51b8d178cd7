import { COLUMN_AT, COLUMNS } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { Roll } from "../model/view.ts";
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
const GAUGES_START = COUNTERS_AT.length;
const WIDTH = GAUGES_START + GAUGES_AT.length * GAUGE_WIDTH;
/** Tasks in a block: memory grows by blocks, and none is ever copied. */
const BLOCK = 256;

/** The start of the hour that a time is in. */
export function hourOf(time: number): number {
  return time - time % HOUR_MS;
}

/** One hour: a row of sums for each task that was heard of in it. */
class OpenHour {
  readonly #rows = new Map<number, number>();
  readonly #blocks: Float64Array[] = [];
  #count = 0;

  add(task: number, figures: Figures, increases: Figures): void {
    const [block, start] = this.#row(task);
    for (let n = 0; n < GAUGES_START; n++) {
      const increase = increases[COUNTERS_AT[n]];
      if (increase > 0) block[start + n] += increase;
    }
    for (let n = 0; n < GAUGES_AT.length; n++) {
      const value = figures[GAUGES_AT[n]];
      if (!Number.isNaN(value)) {
        addGauge(block, start + GAUGES_START + n * GAUGE_WIDTH, 1, value, value, value);
      }
    }
  }

  /** Add what is stored of a part of this hour. */
  addRoll(task: number, column: string, { n, sum, min, max, increase }: Roll): void {
    const at = COLUMN_AT.get(column);
    if (at === undefined) return;
    const [block, start] = this.#row(task);
    const counter = COUNTERS_AT.indexOf(at);
    const gauge = GAUGES_AT.indexOf(at);
    if (counter >= 0) block[start + counter] += increase;
    if (gauge >= 0 && n > 0) addGauge(block, start + GAUGES_START + gauge * GAUGE_WIDTH, n, sum, min, max);
  }

  drop(task: number): void {
    // The row stays with nobody: there are few that go, and hours are short.
    this.#rows.delete(task);
  }

  *rolls(column: string): Generator<readonly [task: number, roll: Roll]> {
    const at = COLUMN_AT.get(column) ?? -1;
    const counter = COUNTERS_AT.indexOf(at);
    const gauge = GAUGES_AT.indexOf(at);
    if (counter < 0 && gauge < 0) return;
    for (const [task, row] of this.#rows) {
      const block = this.#blocks[Math.floor(row / BLOCK)];
      const start = row % BLOCK * WIDTH;
      if (counter >= 0) {
        const increase = block[start + counter];
        yield [task, { n: 1, sum: NaN, min: NaN, max: NaN, increase }];
      } else {
        const [n, sum, min, max] = block.subarray(start + GAUGES_START + gauge * GAUGE_WIDTH);
        if (n > 0) yield [task, { n, sum, min, max, increase: 0 }];
      }
    }
  }

  #row(task: number): readonly [block: Float64Array, start: number] {
    let row = this.#rows.get(task);
    if (row === undefined) {
      row = this.#count++;
      this.#rows.set(task, row);
      if (row % BLOCK === 0) this.#blocks.push(new Float64Array(BLOCK * WIDTH));
    }
    return [this.#blocks[Math.floor(row / BLOCK)], row % BLOCK * WIDTH];
  }
}

/** What tasks have used in the hours of which the store has made no rolls yet: today's top needs no reading. */
export class OpenHours {
  readonly #hours = new Map<number, OpenHour>();
  /** Hours up to this one are closed: what comes late for them is the store's matter. */
  #closedUpTo = -Infinity;

  /** The hours that are open, the earliest first. */
  get hours(): readonly number[] {
    return [...this.#hours.keys()].sort((a, b) => a - b);
  }

  add(task: number, time: number, figures: Figures, increases: Figures): void {
    this.#at(hourOf(time))?.add(task, figures, increases);
  }

  /** Add what is stored of a part of an hour, as after a restart. */
  addRoll(task: number, time: number, column: string, roll: Roll): void {
    this.#at(hourOf(time))?.addRoll(task, column, roll);
  }

  /** Forget what a task has used: it is read again. */
  drop(task: number): void {
    for (const hour of this.#hours.values()) hour.drop(task);
  }

  /** One column of an hour: of a counter only what it has grown by. */
  rolls(hour: number, column: string): Iterable<readonly [task: number, roll: Roll]> {
    return this.#hours.get(hour)?.rolls(column) ?? [];
  }

  /** The store has made this hour. */
  close(hour: number): void {
    this.#hours.delete(hour);
    this.#closedUpTo = Math.max(this.#closedUpTo, hour);
  }

  #at(hour: number): OpenHour | undefined {
    const found = this.#hours.get(hour);
    if (found || hour <= this.#closedUpTo) return found;
    const made = new OpenHour();
    this.#hours.set(hour, made);
    if (this.#hours.size > MOST_HOURS) this.close(this.hours[0]);
    return made;
  }
}

function addGauge(
  block: Float64Array,
  at: number,
  n: number,
  sum: number,
  min: number,
  max: number,
): void {
  const isFirst = block[at] === 0;
  block[at] += n;
  block[at + 1] += sum;
  block[at + 2] = isFirst ? min : Math.min(block[at + 2], min);
  block[at + 3] = isFirst ? max : Math.max(block[at + 3], max);
}

/** The columns of open hours: of the others there is the history of each task. */
export const HOUR_COLUMNS: ReadonlySet<string> = new Set(
  [...COUNTERS_AT, ...GAUGES_AT].map((at) => COLUMNS[at].name),
);
