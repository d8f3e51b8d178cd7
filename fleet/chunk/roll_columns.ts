import { kindOf } from "../model/column.ts";
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { BEGINS } from "./chunk_table.ts";
import { BASES, FIELDS, leftOf, withLeft } from "./derived_rolls.ts";
import type { Fields } from "./derived_rolls.ts";
import { addExactly, increaseOf } from "./exact_sum.ts";
import { packFrame, unpackFrame } from "./frame.ts";
import { readTable, writeTable } from "./table.ts";
import type { Table, TableTask } from "./table.ts";

/** Rolls of tasks column by column: an object for each of them takes longer to make than to add up what is in it. */
export interface RollColumns {
  /** In the order of their numbers, each with the starts of its buckets in their order. */
  readonly tasks: readonly TableTask[];
  /** By name; of each task its fields by its buckets, NaN where one has none; null where the task has none at all. */
  readonly columns: ReadonlyMap<string, readonly (Fields | null)[]>;
}

/** What of rolls is wanted; all of them where nothing is said. */
export interface WantedRolls {
  readonly task?: number;
  readonly columns?: readonly string[];
}

const KIND = 0xc2;
/** Since 2 series may be divided, and fields follow from others. */
const VERSION = 2;
const SEPARATOR = "/";

/**
 * Pack the rolls of the tasks of an agent.
 * @param isLasting whether they are kept for long: it is worth more time then
 */
export function encodeRollColumns({ tasks, columns }: RollColumns, isLasting: boolean): Uint8Array {
  const series = new Map<string, (Float64Array | null)[]>();
  for (const [name, plain] of columns) {
    const left = plain.map((fields) => isLasting && fields ? leftOf(name, fields) : null);
    for (const field of FIELDS) {
      series.set(
        `${field}${SEPARATOR}${name}`,
        plain.map((fields, place) => (left[place]?.fields ?? fields)?.[field] ?? null),
      );
    }
    for (const base of isLasting ? BASES : []) {
      if (!left.some((one) => one?.base === base)) continue;
      series.set(
        `${base}${SEPARATOR}${name}`,
        left.map((one) => one?.base === base ? new Float64Array(one.fields.n.length).fill(one.from) : null),
      );
    }
  }
  const writer = new ByteWriter(4_096);
  writeTable({ tasks, columns: series }, writer);
  return packFrame(KIND, VERSION, writer.written());
}

/**
 * The rolls again. What is not wanted is skipped, not read.
 * @throws CorruptData
 */
export function decodeRollColumns(data: Uint8Array, wanted: WantedRolls = {}): RollColumns {
  const names = wanted.columns && new Set(wanted.columns);
  const nameOf = (column: string) => column.slice(column.indexOf(SEPARATOR) + 1);
  const { tasks, columns } = readTable(new ByteReader(unpackFrame(KIND, VERSION, data)), {
    ...(wanted.task !== undefined && { task: wanted.task }),
    ...(names && { wantsColumn: (column) => names.has(nameOf(column)) }),
  });
  const found = new Set([...columns.keys()].map(nameOf));
  return { tasks, columns: new Map([...found].map((name) => [name, fieldsIn(columns, name, tasks)])) };
}

/** The fields of a column of each task; null where it has none. */
function fieldsIn(
  columns: Table["columns"],
  name: string,
  tasks: readonly TableTask[],
): (Fields | null)[] {
  const [n, min, max, sum, increase] = FIELDS.map((field) => columns.get(`${field}${SEPARATOR}${name}`));
  const bases = BASES.flatMap((base) => {
    const all = columns.get(`${base}${SEPARATOR}${name}`);
    return all ? [{ base, all }] : [];
  });
  return tasks.map((_, place) => {
    const count = n?.[place];
    if (!count) return null;
    const of = (all: readonly (Float64Array | null)[] | undefined) =>
      all?.[place] ?? new Float64Array(count.length).fill(NaN);
    const fields = { n: count, min: of(min), max: of(max), sum: of(sum), increase: of(increase) };
    const left = bases.find(({ all }) => all[place]);
    return left ? withLeft(name, { fields, base: left.base, from: left.all[place]![0]! }) : fields;
  });
}

/** What a task had before its first row in a table, by column; NaN where nothing is known. */
export type FiguresBefore = (task: number) => (column: string) => number;

/**
 * The rolls of plain columns of tasks. What a counter has grown by is: its value where a run begins, or where it is less
 * than before; nothing where nothing is known before; else the difference.
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
  const pick = (values: Float64Array, place: number) => Float64Array.from(rows[place]!, (row) => values[row]!);
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
      increase[row] = addExactly(increase[row]!, increaseOf(value, last, begins !== null && begins[at] === 1));
    }
    last = value;
  }
}

/** Rolls of a task in one of several. */
interface Piece {
  readonly place: number;
  /** Of each of its rows the place of the bucket among those of all pieces; -1 where it is not wanted. */
  readonly rows: Int32Array;
  readonly of: RollColumns;
}

/**
 * Rolls added up, a bucket at a time.
 * @param parts in the order that they are added up in
 */
export function joinRolls(
  parts: readonly RollColumns[],
  isWanted: (bucket: number) => boolean,
): RollColumns {
  const byTask = new Map<number, { readonly of: RollColumns; readonly place: number }[]>();
  for (const of of parts) {
    of.tasks.forEach(({ task, times }, place) => {
      if (!times.some(isWanted)) return;
      const pieces = byTask.get(task);
      if (pieces) pieces.push({ of, place });
      else byTask.set(task, [{ of, place }]);
    });
  }
  const tasks = [...byTask].sort(([a], [b]) => a - b).map(([task, found]) => {
    const wanted = found.flatMap(({ of, place }) => [...of.tasks[place]!.times.filter(isWanted)]);
    const times = bucketsOf(Float64Array.from(wanted));
    const pieces = found.map(({ of, place }): Piece => ({
      ...{ of, place },
      rows: Int32Array.from(of.tasks[place]!.times, (bucket) => times.indexOf(bucket)),
    }));
    return { task, times, pieces };
  });
  const columns = new Map<string, (Fields | null)[]>();
  for (const name of namesInOrder(tasks, parts)) {
    const all = new Map(parts.map((part) => [part, part.columns.get(name)]));
    columns.set(
      name,
      tasks.map(({ times, pieces }) => joined(pieces, (piece) => all.get(piece.of)?.[piece.place], times.length)),
    );
  }
  return { tasks: tasks.map(({ task, times }) => ({ task, times })), columns };
}

/** The names that some wanted bucket has, as they come up, bucket by bucket. */
function namesInOrder(
  tasks: readonly { readonly times: Float64Array; readonly pieces: readonly Piece[] }[],
  parts: readonly RollColumns[],
): Set<string> {
  const known = new Set(parts.flatMap(({ columns }) => [...columns.keys()]));
  const names = new Set<string>();
  for (const { times, pieces } of tasks) {
    for (let bucket = 0; bucket < times.length; bucket++) {
      for (const { of, place, rows } of pieces) {
        const row = rows.indexOf(bucket);
        if (row < 0) continue;
        for (const [name, all] of of.columns) {
          const n = all[place]?.n[row] ?? NaN;
          if (n === n) names.add(name);
        }
      }
      // Nearly always the first bucket has all of them.
      if (names.size === known.size) return names;
    }
  }
  return names;
}

function joined(
  pieces: readonly Piece[],
  fieldsOf: (piece: Piece) => Fields | null | undefined,
  count: number,
): Fields | null {
  let to: Fields | null = null;
  for (const piece of pieces) {
    const own = fieldsOf(piece);
    if (!own) continue;
    to ??= noFields(count);
    for (let row = 0; row < own.n.length; row++) {
      const at = piece.rows[row]!;
      const n = own.n[row]!;
      if (at < 0 || n !== n) continue;
      const isFirst = to.n[at] !== to.n[at];
      to.n[at] = isFirst ? n : to.n[at]! + n;
      to.sum[at] = addExactly(isFirst ? 0 : to.sum[at]!, own.sum[row]!);
      to.increase[at] = addExactly(isFirst ? 0 : to.increase[at]!, own.increase[row]!);
      if (isFirst || own.min[row]! < to.min[at]!) to.min[at] = own.min[row]!;
      if (isFirst || own.max[row]! > to.max[at]!) to.max[at] = own.max[row]!;
    }
  }
  return to;
}

/** Fields of so many buckets that have none yet. */
export function noFields(count: number): Fields {
  const none = () => new Float64Array(count).fill(NaN);
  return { n: none(), min: none(), max: none(), sum: none(), increase: none() };
}

function bucketOf(time: number, bucketMs: number): number {
  return Math.floor(time / bucketMs) * bucketMs;
}

/** Each of them once, in their order. */
function bucketsOf(starts: Float64Array): Float64Array {
  const sorted = starts.slice().sort();
  let count = 0;
  for (let at = 0; at < sorted.length; at++) {
    if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[count++] = sorted[at]!;
  }
  return sorted.slice(0, count);
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
