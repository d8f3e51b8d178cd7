import { kindOf } from "../model/column.ts";
import { BEGINS } from "./chunk_table.ts";
import type { Fields } from "./derived_rolls.ts";
import { addExactly, increaseOf } from "./exact_sum.ts";
import { bucketsOf, noFields } from "./roll_columns.ts";
import type { RollColumns } from "./roll_columns.ts";
import type { Table } from "./table.ts";

/** What a task had before its first row in a table, by column; NaN where nothing is known. */
export type FiguresBefore = (task: number) => (column: string) => number;

/**
 * The rolls of plain columns of tasks. What a counter has grown by is: its value where a run begins, or where it is
 * less than before; nothing where nothing is known before; else the difference.
 */
export function rollColumnsOf(
  { tasks, columns }: Table,
  before: FiguresBefore,
  bucketMs: number,
): RollColumns {
  const buckets = tasks.map(({ times }) => bucketsOf(times.map((time) => bucketOf(time, bucketMs))));
  const rows = tasks.map(({ times }, place) => placesIn(buckets[place]!, times, bucketMs));
  const befores = tasks.map(({ task }) => before(task));
  const found: { name: string; place: number; row: number; fields: (Fields | null)[] }[] = [];
  const begins = columns.get(BEGINS);
  for (const [name, all] of columns) {
    if (name === BEGINS) continue;
    const isCounter = kindOf(name) === "counter";
    let [place, row] = [-1, -1];
    const fields = all.map((values, at) => {
      const first = values === null ? -1 : values.findIndex((value) => value === value);
      if (first < 0) return null;
      if (place < 0) [place, row] = [at, first];
      const made = noFields(buckets[at]!.length);
      addValues(made, values!, rows[at]!);
      const last = isCounter ? befores[at]!(name) : NaN;
      if (isCounter) addIncreases(made, values!, rows[at]!, begins?.[at] ?? null, last);
      return made;
    });
    if (place >= 0) found.push({ name, place, row, fields });
  }
  // As they come up, task by task: that is the order they have always been packed in.
  found.sort((a, b) => a.place - b.place || a.row - b.row);
  return onlyFull({
    tasks: tasks.map(({ task }, place) => ({ task, times: buckets[place]! })),
    columns: new Map(found.map(({ name, fields }) => [name, fields])),
  });
}

/** Samples without a figure, as agents may send them, make no bucket. */
function onlyFull({ tasks, columns }: RollColumns): RollColumns {
  const all = [...columns.values()];
  const rows = tasks.map(({ times }, place) =>
    [...times.keys()].filter((row) => all.some((of) => of[place] && !Number.isNaN(of[place].n[row]!)))
  );
  if (tasks.every(({ times }, place) => rows[place]!.length === times.length)) return { tasks, columns };
  const full = tasks.flatMap((_, place) => rows[place]!.length > 0 ? [place] : []);
  const pick = (values: Float64Array, place: number) =>
    Float64Array.from(rows[place]!, (row) => values[row]!);
  const picked = (fields: Fields | null, place: number): Fields | null =>
    fields && {
      n: pick(fields.n, place),
      min: pick(fields.min, place),
      max: pick(fields.max, place),
      sum: pick(fields.sum, place),
      increase: pick(fields.increase, place),
    };
  return {
    tasks: full.map((place) => ({ task: tasks[place]!.task, times: pick(tasks[place]!.times, place) })),
    columns: new Map(
      [...columns].map(([name, of]) => [name, full.map((place) => picked(of[place]!, place))]),
    ),
  };
}

function addValues({ n, min, max, sum, increase }: Fields, values: Float64Array, rows: Int32Array): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (value !== value) continue;
    const row = rows[at]!;
    if (n[row]! > 0) {
      n[row]!++;
      sum[row] = addExactly(sum[row]!, value);
      if (value < min[row]!) min[row] = value;
      if (value > max[row]!) max[row] = value;
    } else {
      n[row] = 1;
      sum[row] = addExactly(0, value);
      min[row] = max[row] = value;
      increase[row] = 0;
    }
  }
}

function addIncreases(
  { increase }: Fields,
  values: Float64Array,
  rows: Int32Array,
  begins: Float64Array | null,
  before: number,
): void {
  let last = before;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (value === value) {
      const row = rows[at]!;
      increase[row] = addExactly(
        increase[row]!,
        increaseOf(value, last, begins !== null && begins[at] === 1),
      );
    }
    last = value;
  }
}

function bucketOf(time: number, bucketMs: number): number {
  return Math.floor(time / bucketMs) * bucketMs;
}

/** The place of the bucket of each time. */
function placesIn(buckets: Float64Array, times: Float64Array, bucketMs: number): Int32Array {
  const places = new Int32Array(times.length);
  let place = 0;
  for (let at = 0; at < times.length; at++) {
    const bucket = bucketOf(times[at]!, bucketMs);
    // Times go on: the bucket is that of the one before, mostly, or the next.
    if (buckets[place] !== bucket) place = buckets.indexOf(bucket);
    places[at] = place;
  }
  return places;
}
