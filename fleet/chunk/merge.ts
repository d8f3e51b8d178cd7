import { packTable, unpackTable } from "./chunk_table.ts";
import type { Table } from "./table.ts";

/** Rows of a task in one of several tables. */
interface Piece {
  readonly table: Table;
  readonly place: number;
}

/**
 * One chunk of several of an agent: what is said once of each series is most of a small chunk. Every figure comes back
 * as the very same double.
 * @param chunks in the order that they were made in
 * @returns null where rows of a task go back in time: they stay as they are
 * @throws CorruptData
 * @throws RangeError when there are too many rows
 */
export function mergeChunks(chunks: readonly Uint8Array[]): Uint8Array | null {
  const tables = chunks.map((data) => unpackTable(data, {}));
  const byTask = new Map<number, Piece[]>();
  for (const table of tables) {
    table.tasks.forEach(({ task }, place) => {
      const pieces = byTask.get(task);
      if (pieces) pieces.push({ table, place });
      else byTask.set(task, [{ table, place }]);
    });
  }
  const all = [...byTask].sort(([a], [b]) => a - b);
  const tasks = all.map(([task, pieces]) => ({ task, times: joined(pieces, timesOf) }));
  if (!tasks.every(({ times }) => goesOn(times))) return null;
  const names = new Set(tables.flatMap(({ columns }) => [...columns.keys()]));
  const columns = new Map([...names].map((name) => [
    name,
    all.map(([, pieces]) => {
      const own = ({ table, place }: Piece) => table.columns.get(name)?.[place] ?? null;
      return pieces.some((piece) => own(piece) !== null) ? joined(pieces, own) : null;
    }),
  ]));
  return packTable({ tasks, columns });
}

/** The values of pieces, one after the other: NaN where one has none. */
function joined(pieces: readonly Piece[], of: (piece: Piece) => Float64Array | null): Float64Array {
  const values = new Float64Array(pieces.reduce((sum, piece) => sum + timesOf(piece).length, 0)).fill(NaN);
  let at = 0;
  for (const piece of pieces) {
    const own = of(piece);
    if (own) values.set(own, at);
    at += timesOf(piece).length;
  }
  return values;
}

function timesOf({ table, place }: Piece): Float64Array {
  return table.tasks[place]!.times;
}

function goesOn(times: Float64Array): boolean {
  for (let at = 1; at < times.length; at++) if (!(times[at]! > times[at - 1]!)) return false;
  return true;
}
