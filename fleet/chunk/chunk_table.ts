import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { derive, neededFor, restore } from "./derived.ts";
import type { Columns } from "./derived.ts";
import { packFrame, unpackFrame } from "./frame.ts";
import { readTable, writeTable } from "./table.ts";
import type { Table } from "./table.ts";

const KIND = 0xc1;
/** Since 2 series may be divided, and more columns follow from others. */
const VERSION = 2;
/** Beside the figures: 1 where a run begins. No figure has such a name. */
export const BEGINS = "*begins";

/** What of a chunk is wanted; all of it where nothing is said. */
export interface WantedSamples {
  readonly task?: number;
  /** Names of columns, custom ones as well. */
  readonly columns?: readonly string[];
}

/** Pack plain columns of tasks as a chunk. @throws RangeError when there are too many rows */
export function packTable({ tasks, columns }: Table): Uint8Array {
  const stored: Columns = new Map([...columns].map(([name, all]) => [name, [...all]]));
  derive(tasks.map(({ times }) => times), stored);
  const writer = new ByteWriter(4_096);
  writeTable({ tasks, columns: stored }, writer);
  return packFrame(KIND, VERSION, writer.written());
}

/** Plain columns of a chunk again: those that are wanted, and some that these follow from. @throws CorruptData */
export function unpackTable(data: Uint8Array, { task, columns }: WantedSamples): Table {
  const names = columns && neededFor(columns).add(BEGINS);
  const table = readTable(new ByteReader(unpackFrame(KIND, VERSION, data)), {
    ...(task !== undefined && { task }),
    ...(names && { wantsColumn: (name) => names.has(name) }),
  });
  const plain: Columns = new Map([...table.columns].map(([name, all]) => [name, [...all]]));
  restore(table.tasks.map(({ times }) => times), plain);
  return { tasks: table.tasks, columns: plain };
}
