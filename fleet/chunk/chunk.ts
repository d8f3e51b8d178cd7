import { COLUMN_AT, COLUMNS, noFigures } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import { BEGINS, packTable, unpackTable } from "./chunk_table.ts";
import type { WantedSamples } from "./chunk_table.ts";
import { LEFT } from "./derived.ts";
import type { Table } from "./table.ts";

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
  return packTable(tableOf([...byTask].sort(([a], [b]) => a - b)));
}

/**
 * The samples of a chunk, by task, in their order. What is not wanted is skipped, not read.
 * @throws CorruptData
 */
export function decodeChunk(data: Uint8Array, wanted: WantedSamples = {}): Map<number, StoredSample[]> {
  const { tasks, columns } = unpackTable(data, wanted);
  const asked = wanted.columns && new Set(wanted.columns);
  const isWanted = (name: string) => asked === undefined || asked.has(name);
  const known = [...columns].flatMap(([name, all]) => {
    const at = COLUMN_AT.get(name);
    return at === undefined || !isWanted(name) ? [] : [{ at, all }];
  });
  const custom = [...columns].filter(([name]) => name !== BEGINS && !COLUMN_AT.has(name) && isWanted(name));
  const begins = columns.get(BEGINS);
  return new Map(tasks.map(({ task, times }, place) => {
    const samples: StoredSample[] = [];
    for (let row = 0; row < times.length; row++) {
      const figures = noFigures();
      for (const { at, all } of known) figures[at] = all[place]?.[row] ?? NaN;
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
  const figures = tasks.map(([, samples]) => columnsOf(samples));
  const columns = new Map<string, (Float64Array | null)[]>();
  COLUMNS.forEach(({ name }, at) => {
    if (figures.some((own) => own[at] !== null)) columns.set(name, figures.map((own) => own[at]!));
  });
  for (const name of customNames(tasks)) {
    columns.set(name, tasks.map(([, samples]) => pick(samples, ({ custom }) => custom?.get(name) ?? NaN)));
  }
  columns.set(BEGINS, tasks.map(([, samples]) => pick(samples, ({ begins }) => begins ? 1 : NaN)));
  return {
    tasks: tasks.map(([task, samples]) => ({ task, times: Float64Array.from(samples, ({ time }) => time) })),
    columns,
  };
}

/** The figures of samples, column by column; null where none of them has one. */
function columnsOf(samples: readonly StoredSample[]): (Float64Array | null)[] {
  const columns = new Array<Float64Array | null>(COLUMNS.length).fill(null);
  for (let row = 0; row < samples.length; row++) {
    const { figures } = samples[row]!;
    for (let at = 0; at < columns.length; at++) {
      const value = figures[at]!;
      if (value === value) (columns[at] ??= new Float64Array(samples.length).fill(NaN))[row] = value;
    }
  }
  return columns;
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
          if (!COLUMN_AT.has(name) && name !== BEGINS && !LEFT.has(name)) names.add(name);
        }
      }
    }
  }
  return names;
}
