import { COLUMN_AT, COLUMNS } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { Roll } from "../model/view.ts";
import { COUNTERS_AT } from "./increases.ts";
import { Places } from "./places.ts";

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
const COUNTERS = COUNTERS_AT.length;
/** Columns of an hour: what counters have grown by, and then the gauges. */
const PLACES = COUNTERS + GAUGES_AT.length;
/** Tasks in a block: memory grows by blocks. */
const BLOCK = 256;
/** A row of a task that has gone. */
const NOBODY = -1;

/**
 * Rows of some tasks, one after another: a sample changes most of its row, which is then in few lines of the processor's
 * cache. A row has room for the columns that were ever seen up to here, and no others.
 */
class Block {
  values: Float64Array;

  /** @param starts where each column begins in a row; -1: there is none */
  constructor(readonly starts: Int16Array, public width: number) {
    this.values = new Float64Array(BLOCK * width);
  }

  /** Where a column of a row is; room is made where there is none. */
  reach(place: number, row: number): number {
    if (this.starts[place] < 0) this.#widen(place);
    return row * this.width + this.starts[place];
  }

  /** Where it is; -1 where there is none. */
  find(place: number, row: number): number {
    return this.starts[place] < 0 ? -1 : row * this.width + this.starts[place];
  }

  #widen(place: number): void {
    const [before, values] = [this.width, this.values];
    this.starts[place] = before;
    this.width += place < COUNTERS ? 1 : GAUGE_WIDTH;
    const wider = this.values = new Float64Array(BLOCK * this.width);
    for (let row = 0; row < BLOCK; row++) {
      wider.set(values.subarray(row * before, (row + 1) * before), row * this.width);
    }
  }
}

/** One hour: a row of sums for each task that was heard of in it. */
export class OpenHour {
  readonly #rows = new Places();
  /** The task of each row. */
  readonly #tasks: number[] = [];
  readonly #blocks: Block[] = [];

  /** Take a sample in. */
  add(task: number, figures: Figures, increases: Figures): void {
    const row = this.#row(task);
    const [block, inside] = [this.#blocks[Math.floor(row / BLOCK)], row % BLOCK];
    for (let n = 0; n < COUNTERS; n++) {
      const increase = increases[COUNTERS_AT[n]];
      if (!(increase > 0)) continue;
      const at = block.reach(n, inside);
      block.values[at] += increase;
    }
    for (let n = 0; n < GAUGES_AT.length; n++) {
      const value = figures[GAUGES_AT[n]];
      if (!Number.isNaN(value)) addGauge(block, COUNTERS + n, inside, 1, value, value, value);
    }
  }

  /** Add what is stored of a part of this hour. */
  addRoll(task: number, column: string, { n, sum, min, max, increase }: Roll): void {
    const place = placeOf(column);
    if (place < 0) return;
    const row = this.#row(task);
    const [block, inside] = [this.#blocks[Math.floor(row / BLOCK)], row % BLOCK];
    if (place >= COUNTERS) {
      if (n > 0) addGauge(block, place, inside, n, sum, min, max);
    } else if (increase > 0) {
      const at = block.reach(place, inside);
      block.values[at] += increase;
    }
  }

  /** Forget a task. */
  drop(task: number): void {
    const row = this.#rows.find(task);
    if (row < 0) return;
    // The row stays with nobody: there are few that go, and hours are short.
    this.#rows.remove(task);
    this.#tasks[row] = NOBODY;
  }

  /** A column of all tasks: of a counter only what it has grown by. */
  *rolls(column: string): Generator<readonly [task: number, roll: Roll]> {
    const fields = (["task", "n", "sum", "min", "max", "increase"] as const).map((name) =>
      this.field(column, name)
    );
    const [tasks, n, sum, min, max, increase] = fields;
    for (let at = 0; at < tasks.length; at++) {
      yield [tasks[at], { n: n[at], sum: sum[at], min: min[at], max: max[at], increase: increase[at] }];
    }
  }

  /** One field of a column, of the tasks that `rolls` has, in the same order. */
  field(column: string, name: "task" | keyof Roll): Float64Array {
    const place = placeOf(column);
    const values = new Float64Array(place < 0 ? 0 : this.#tasks.length);
    const isCounter = place < COUNTERS;
    const within = GAUGE_FIELDS.indexOf(name);
    let count = 0;
    for (let row = 0; row < values.length; row++) {
      const task = this.#tasks[row];
      if (task === NOBODY) continue;
      const block = this.#blocks[Math.floor(row / BLOCK)];
      const at = block.find(place, row % BLOCK);
      if (!isCounter && (at < 0 || block.values[at] === 0)) continue;
      values[count++] = name === "task"
        ? task
        : !isCounter
        ? within < 0 ? 0 : block.values[at + within]
        : name === "increase"
        ? at < 0 ? 0 : block.values[at]
        : name === "n"
        ? 1
        : NaN;
    }
    return values.subarray(0, count);
  }

  #row(task: number): number {
    const known = this.#rows.find(task);
    if (known >= 0) return known;
    const row = this.#tasks.push(task) - 1;
    this.#rows.set(task, row);
    // What tasks tell is much the same in all: a row is seldom widened when it begins as wide as those before.
    if (row % BLOCK === 0) {
      const last = this.#blocks.at(-1);
      this.#blocks.push(new Block(last?.starts.slice() ?? new Int16Array(PLACES).fill(-1), last?.width ?? 0));
    }
    return row;
  }
}

function addGauge(
  block: Block,
  place: number,
  row: number,
  n: number,
  sum: number,
  min: number,
  max: number,
): void {
  const at = block.reach(place, row);
  const { values } = block;
  const isFirst = values[at] === 0;
  values[at] += n;
  values[at + 1] += sum;
  values[at + 2] = isFirst ? min : Math.min(values[at + 2], min);
  values[at + 3] = isFirst ? max : Math.max(values[at + 3], max);
}

/** Where a column stands among those of an hour; -1 where it is none of them. */
function placeOf(column: string): number {
  const at = COLUMN_AT.get(column) ?? -1;
  const gauge = GAUGES_AT.indexOf(at);
  return gauge < 0 ? COUNTERS_AT.indexOf(at) : COUNTERS + gauge;
}

/** The columns of open hours: of the others there is the history of each task. */
export const HOUR_COLUMNS: ReadonlySet<string> = new Set(
  [...COUNTERS_AT, ...GAUGES_AT].map((at) => COLUMNS[at].name),
);
