import { COLUMN_AT, COLUMNS } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import { BEGINS } from "./chunk_table.ts";
import { LEFT } from "./derived.ts";
import type { Table } from "./table.ts";

/** Figures of a program's own, by name. */
type Custom = ReadonlyMap<string, number>;

/** The samples of a task, column by column: figures that are given are copied, and may change afterwards. */
export class SampleColumns {
  #count = 0;
  #times: Float64Array;
  /** By the place of a column; null where no sample has had it. */
  readonly #columns: (Float64Array | null)[] = new Array(COLUMNS.length).fill(null);
  #begins: Float64Array | null = null;
  #customs: (Custom | null)[] | null = null;

  /** @param expected samples, about: so much room is made at once */
  constructor(readonly task: number, expected = 16) {
    this.#times = new Float64Array(Math.max(1, expected));
  }

  get count(): number {
    return this.#count;
  }

  /** The time of each sample. */
  get times(): Float64Array {
    return this.#cut(this.#times);
  }

  /** The figures of its own that the last sample has. */
  get lastCustom(): Custom | null {
    return this.customOf(this.#count - 1);
  }

  /** A figure of the last sample; NaN where it has none. */
  lastFigure(at: number): number {
    return this.figure(this.#count - 1, at);
  }

  add(time: number, figures: Figures, custom: Custom | null, begins: boolean): void {
    if (this.#count === this.#times.length) this.#grow();
    const row = this.#count++;
    this.#times[row] = time;
    const columns = this.#columns;
    for (let at = 0; at < columns.length; at++) {
      const value = figures[at]!;
      if (value === value) (columns[at] ??= this.#none())[row] = value;
    }
    if (begins) (this.#begins ??= this.#none())[row] = 1;
    if (custom !== null) (this.#customs ??= [])[row] = custom;
  }

  /** The samples of some rows, in this order. @param begins with which of them a run begins */
  picked(rows: readonly number[], begins = (row: number) => this.beginsAt(row)): SampleColumns {
    const picked = new SampleColumns(this.task, rows.length);
    const pick = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]!);
    picked.#count = rows.length;
    picked.#times = pick(this.#times);
    this.#columns.forEach((values, at) => picked.#columns[at] = values && pick(values));
    if (rows.some(begins)) picked.#begins = Float64Array.from(rows, (row) => begins(row) ? 1 : NaN);
    picked.#customs = this.#customs && rows.map((row) => this.#customs![row] ?? null);
    return picked;
  }

  /** A figure of a sample; NaN where it has none. */
  figure(row: number, at: number): number {
    return this.#columns[at]?.[row] ?? NaN;
  }

  /** The figures of its own that a sample has. */
  customOf(row: number): Custom | null {
    return this.#customs?.[row] ?? null;
  }

  /** Whether a run begins with a sample. */
  beginsAt(row: number): boolean {
    return this.#begins?.[row] === 1;
  }

  /** A column by its place; null where no sample has it. */
  column(at: number): Float64Array | null {
    const values = this.#columns[at]!;
    return values && this.#cut(values);
  }

  /** Where runs begin: 1; null where none does. */
  begins(): Float64Array | null {
    return this.#begins && this.#cut(this.#begins);
  }

  /** Figures of a name of its own; null where no sample has it. */
  custom(name: string): Float64Array | null {
    if (this.#customs === null) return null;
    const values = Float64Array.from(
      { length: this.#count },
      (_, row) => this.#customs![row]?.get(name) ?? NaN,
    );
    return values.every(Number.isNaN) ? null : values;
  }

  /** Names of its own, as they came. */
  *customNames(): Generator<string> {
    for (const custom of this.#customs ?? []) if (custom) yield* custom.keys();
  }

  #none(): Float64Array {
    return new Float64Array(this.#times.length).fill(NaN);
  }

  #cut(values: Float64Array): Float64Array {
    return values.length === this.#count ? values : values.subarray(0, this.#count);
  }

  #grow(): void {
    const grown = (values: Float64Array) => {
      const more = new Float64Array(values.length * 2).fill(NaN);
      more.set(values);
      return more;
    };
    this.#times = grown(this.#times);
    for (let at = 0; at < this.#columns.length; at++) {
      const values = this.#columns[at];
      if (values) this.#columns[at] = grown(values);
    }
    if (this.#begins) this.#begins = grown(this.#begins);
  }
}

/** Samples by their tasks, which are in the order in which they came. */
export function columnsOfTasks(
  rows: Iterable<readonly [task: number, sample: StoredSample]>,
): Iterable<SampleColumns> {
  const tasks = new Map<number, SampleColumns>();
  for (const [task, { time, figures, custom, begins }] of rows) {
    let own = tasks.get(task);
    if (!own) tasks.set(task, own = new SampleColumns(task));
    own.add(time, figures, custom, begins);
  }
  return tasks.values();
}

/** Plain columns of tasks, as chunks have them. @param tasks in any order */
export function tableOf(tasks: Iterable<SampleColumns>): Table {
  const own = [...tasks].sort((a, b) => a.task - b.task);
  const columns = new Map<string, (Float64Array | null)[]>();
  COLUMNS.forEach(({ name }, at) => {
    const all = own.map((task) => task.column(at));
    if (all.some((values) => values !== null)) columns.set(name, all);
  });
  for (const name of customNames(own)) columns.set(name, own.map((task) => task.custom(name)));
  columns.set(BEGINS, own.map((task) => task.begins()));
  return { tasks: own.map(({ task, times }) => ({ task, times })), columns };
}

function customNames(tasks: readonly SampleColumns[]): Set<string> {
  const names = new Set<string>();
  for (const task of tasks) {
    for (const name of task.customNames()) {
      if (!COLUMN_AT.has(name) && name !== BEGINS && !LEFT.has(name)) names.add(name);
    }
  }
  return names;
}
