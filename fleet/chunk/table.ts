import { ByteReader, CorruptData } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { hasBytes, readSeries, writeSeries } from "./series.ts";

/** More rows are in no table: what claims to have them is not believed, and what would have is refused. */
const MAX_ROWS = 2 ** 20;

/**
 * Values of all columns, missing ones of columns that are there among them: what bounds the memory that reading
 * takes.
 */
const MAX_VALUES = 2 ** 26;

/** Times of tasks, and columns of them: the form that samples and rolls are packed in. */
export interface Table {
  readonly tasks: readonly TableTask[];
  /** By name; a value a task, in their order: null where it has none. Those that no task has are left out. */
  readonly columns: ReadonlyMap<string, readonly (Float64Array | null)[]>;
}

/** A task, and when it has rows. */
export interface TableTask {
  readonly task: number;
  readonly times: Float64Array;
}

/** What of a table is wanted; all of it where nothing is said. */
export interface Wanted {
  readonly task?: number;
  readonly wantsColumn?: (name: string) => boolean;
}

/*
 * Tasks, each with its number of rows · their times · how many columns · of each its name, its length, and its
 * series. Several series are the kinds of all, the lengths of those that have bytes, and these bytes: one of them is
 * found without the others.
 */

/** @throws RangeError when it has too many rows */
export function writeTable({ tasks, columns }: Table, writer: ByteWriter): void {
  const count = tasks.reduce((sum, { times }) => sum + times.length, 0);
  if (count > MAX_ROWS) throw new RangeError(`${count} rows are more than fit into a chunk (${MAX_ROWS})`);
  if (count * columns.size > MAX_VALUES) {
    throw new RangeError(`${columns.size} columns of ${count} rows are more than fit into a chunk`);
  }
  writer.varint(tasks.length);
  let last = 0;
  for (const { task, times } of tasks) {
    if (task < last) throw new RangeError("the tasks of a table are in no order");
    writer.varint(task - last);
    writer.varint(times.length);
    last = task;
  }
  const room = { block: new ByteWriter(4_096), series: new ByteWriter(1_024) };
  writeAll(tasks.map(({ times }) => times), room, true);
  writer.blockOf(room.block);
  const there = [...columns].filter(([, all]) => all.some((values) => values !== null && !isEmpty(values)));
  writer.varint(there.length);
  for (const [name, all] of there) {
    writer.text(name);
    writeAll(all, room);
    writer.blockOf(room.block);
  }
}

/** @throws CorruptData */
export function readTable(reader: ByteReader, wanted: Wanted = {}): Table {
  const tasks = readTasks(reader);
  const indices = tasks.flatMap(({ task }, at) =>
    wanted.task === undefined || task === wanted.task ? [at] : []
  );
  const times = readAll(reader.part(reader.varint()), tasks, indices);
  const columns = new Map<string, readonly (Float64Array | null)[]>();
  const rows = times.reduce((sum, own) => sum + (own?.length ?? 0), 0);
  for (let left = reader.count(2); left > 0; left--) {
    const name = reader.text();
    const block = reader.part(reader.varint());
    if (wanted.wantsColumn?.(name) === false) continue;
    if (columns.size * rows > MAX_VALUES) throw new CorruptData("promises more values than any may have");
    columns.set(name, readAll(block, tasks, indices));
  }
  reader.end();
  return {
    tasks: indices.map((at, place) => {
      const { task, count } = tasks[at]!;
      const own = times[place] ?? new Float64Array(0);
      if (own.length !== count) throw new CorruptData("has samples without a time");
      return { task, times: own };
    }),
    columns,
  };
}

const NOTHING = new Float64Array(0);

interface TaskCount {
  readonly task: number;
  readonly count: number;
}

function readTasks(reader: ByteReader): TaskCount[] {
  const tasks: TaskCount[] = [];
  let task = 0;
  let rows = 0;
  for (let left = reader.count(2); left > 0; left--) {
    task += reader.varint();
    const count = reader.varint();
    rows += count;
    if (rows > MAX_ROWS) throw new CorruptData("promises more samples than any may have");
    tasks.push({ task, count });
  }
  return tasks;
}

/** Write the series of a column into the block of the room. */
function writeAll(
  all: readonly (Float64Array | null)[],
  { block, series }: { readonly block: ByteWriter; readonly series: ByteWriter },
  areTimes = false,
): void {
  block.clear();
  series.clear();
  const lengths: number[] = [];
  for (const values of all) {
    const before = series.length;
    const kind = writeSeries(values ?? NOTHING, series, areTimes);
    block.byte(kind);
    if (hasBytes(kind)) lengths.push(series.length - before);
  }
  for (const length of lengths) block.varint(length);
  block.allOf(series);
}

function isEmpty(values: Float64Array): boolean {
  for (let at = 0; at < values.length; at++) if (!Number.isNaN(values[at]!)) return false;
  return true;
}

/** Those of some of the tasks, by their places. */
function readAll(
  reader: ByteReader,
  tasks: readonly TaskCount[],
  places: readonly number[],
): (Float64Array | null)[] {
  const kinds = reader.bytes(tasks.length);
  const lengths = Array.from(kinds, (kind) => hasBytes(kind) ? reader.varint() : 0);
  const found: (Float64Array | null)[] = [];
  let at = 0;
  for (const place of places) {
    while (at < place) reader.skip(lengths[at++]!);
    found.push(readSeries(kinds[at]!, reader.part(lengths[at]!), tasks[at]!.count));
    at++;
  }
  while (at < tasks.length) reader.skip(lengths[at++]!);
  reader.end();
  return found;
}
