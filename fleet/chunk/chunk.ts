import { COLUMN_AT, noFigures } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import { BEGINS, packTable, unpackTable } from "./chunk_table.ts";
import type { WantedSamples } from "./chunk_table.ts";
import { columnsOfTasks, tableOf } from "./sample_columns.ts";

/**
 * Pack samples of the tasks of an agent, column by column. Every figure comes back as the very same double.
 * @throws RangeError when there are too many
 */
export function encodeChunk(rows: Iterable<readonly [task: number, sample: StoredSample]>): Uint8Array {
  return packTable(tableOf(columnsOfTasks(rows)));
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
