import { COLUMN_AT, COLUMNS, noFigures } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { packFrame, unpackFrame } from "./frame.ts";
import { fromScaled, toScaled } from "./scaled.ts";
import { readTable, writeTable } from "./table.ts";
import type { Table } from "./table.ts";

const KIND = 0xc1;
const VERSION = 1;
/** Beside the figures: 1 where a run begins. No figure has such a name. */
const BEGINS = "*begins";
/** How long a task runs tells when it began, which hardly changes, and is stored in its place. */
const UPTIME = "uptime_seconds";
const STARTED = "*started";
const UPTIME_DIGITS = 6;
const UPTIME_AT = COLUMN_AT.get(UPTIME)!;
/** Differences and sums of these are exact. */
const MAX_START = 2 ** 50;

/** What of a chunk is wanted; all of it where nothing is said. */
export interface WantedSamples {
  readonly task?: number;
  /** Names of columns, custom ones as well. */
  readonly columns?: readonly string[];
}

/**
 * Pack samples of the tasks of an agent, column by column. Every figure comes back as the very same double.
 * @throws RangeError when there are too many
 */
export function encodeChunk(rows: Iterable<readonly [task: number, sample: StoredSample]>): Uint8Array {
  const byTask = new Map<number, StoredSample[]>();
  for (const [task, sample] of rows) {
    const samples = byTask.get(task);
    if (samples) samples.push(sample);
    else byTask.set(task, [sample]);
  }
  const writer = new ByteWriter(4_096);
  writeTable(tableOf([...byTask].sort(([a], [b]) => a - b)), writer);
  return packFrame(KIND, VERSION, writer.written());
}

/**
 * The samples of a chunk, by task, in their order. What is not wanted is skipped, not read.
 * @throws CorruptData
 */
export function decodeChunk(data: Uint8Array, wanted: WantedSamples = {}): Map<number, StoredSample[]> {
  const names = wanted.columns && new Set([...wanted.columns, BEGINS]);
  if (names?.has(UPTIME)) names.add(STARTED);
  const { tasks, columns } = readTable(new ByteReader(unpackFrame(KIND, VERSION, data)), {
    ...(wanted.task !== undefined && { task: wanted.task }),
    ...(names && { wantsColumn: (name) => names.has(name) }),
  });
  const known = [...columns].flatMap(([name, all]) => {
    const at = COLUMN_AT.get(name);
    return at === undefined ? [] : [{ at, all }];
  });
  const custom = [...columns].filter(([name]) => name !== BEGINS && name !== STARTED && !COLUMN_AT.has(name));
  const begins = columns.get(BEGINS);
  const started = columns.get(STARTED);
  return new Map(tasks.map(({ task, times }, place) => {
    const starts = started?.[place];
    const samples: StoredSample[] = [];
    for (let row = 0; row < times.length; row++) {
      const figures = noFigures();
      for (const { at, all } of known) figures[at] = all[place]?.[row] ?? NaN;
      if (starts) {
        figures[UPTIME_AT] = fromScaled(sinceFirst(times[row]!, times[0]!) - starts[row]!, UPTIME_DIGITS);
      }
      samples.push({
        time: times[row]!,
        figures,
        custom: custom.length === 0 ? null : customOf(custom, place, row),
        begins: begins?.[place]?.[row] === 1,
      });
    }
    return [task, samples];
  }));
}

function customOf(
  columns: readonly (readonly [name: string, all: readonly (Float64Array | null)[]])[],
  place: number,
  row: number,
): ReadonlyMap<string, number> | null {
  const found = new Map<string, number>();
  for (const [name, all] of columns) {
    const value = all[place]?.[row] ?? NaN;
    if (!Number.isNaN(value)) found.set(name, value);
  }
  return found.size === 0 ? null : found;
}

function tableOf(tasks: readonly (readonly [task: number, samples: readonly StoredSample[]])[]): Table {
  const columns = new Map<string, (Float64Array | null)[]>();
  COLUMNS.forEach(({ name }, at) => {
    const all = tasks.map(([, samples]) => pick(samples, ({ figures }) => figures[at]!));
    if (all.some((values) => values !== null)) columns.set(name, all);
  });
  putStarts(tasks, columns);
  for (const name of customNames(tasks)) {
    columns.set(name, tasks.map(([, samples]) => pick(samples, ({ custom }) => custom?.get(name) ?? NaN)));
  }
  columns.set(BEGINS, tasks.map(([, samples]) => pick(samples, ({ begins }) => begins ? 1 : NaN)));
  return {
    tasks: tasks.map(([task, samples]) => ({ task, times: Float64Array.from(samples, ({ time }) => time) })),
    columns,
  };
}

/** Put when tasks have begun in the place of how long they run, where that is the same to the last bit. */
function putStarts(
  tasks: readonly (readonly [task: number, samples: readonly StoredSample[]])[],
  columns: Map<string, (Float64Array | null)[]>,
): void {
  const uptimes = columns.get(UPTIME);
  if (!uptimes) return;
  const starts = tasks.map(([, samples], place) => {
    const uptime = uptimes[place];
    return uptime ? startsOf(samples, uptime) : null;
  });
  columns.set(UPTIME, uptimes.map((uptime, place) => starts[place] ? null : uptime!));
  columns.set(STARTED, starts);
}

/** When a task began, by each of its rows: microseconds after its first one. Null where that would lose something. */
function startsOf(samples: readonly StoredSample[], uptimes: Float64Array): Float64Array | null {
  const starts = new Float64Array(uptimes.length);
  for (let at = 0; at < uptimes.length; at++) {
    const uptime = uptimes[at]!;
    const since = sinceFirst(samples[at]!.time, samples[0]!.time);
    starts[at] = since - toScaled(uptime, UPTIME_DIGITS);
    if (Number.isNaN(uptime) ? Number.isNaN(since) : !(Math.abs(starts[at]!) <= MAX_START)) return null;
  }
  return starts;
}

/** Microseconds from one time to another, which is exact for whole milliseconds; else NaN. */
function sinceFirst(time: number, first: number): number {
  const ms = time - first;
  return Number.isInteger(time) && Number.isInteger(first) && Math.abs(ms) < MAX_START / 1_000
    ? ms * 1_000
    : NaN;
}

/** A column of samples; null where none of them has it. */
function pick(samples: readonly StoredSample[], of: (sample: StoredSample) => number): Float64Array | null {
  const values = new Float64Array(samples.length);
  let isThere = false;
  for (let at = 0; at < samples.length; at++) {
    const value = values[at] = of(samples[at]!);
    isThere ||= value === value;
  }
  return isThere ? values : null;
}

function customNames(
  tasks: readonly (readonly [task: number, samples: readonly StoredSample[]])[],
): Set<string> {
  const names = new Set<string>();
  for (const [, samples] of tasks) {
    for (const { custom } of samples) {
      if (custom) {
        for (const name of custom.keys()) {
          if (!COLUMN_AT.has(name) && name !== BEGINS && name !== STARTED) names.add(name);
        }
      }
    }
  }
  return names;
}
