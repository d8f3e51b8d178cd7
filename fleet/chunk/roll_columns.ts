import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { BASES, FIELDS, leftOf, withLeft } from "./derived_rolls.ts";
import type { Fields } from "./derived_rolls.ts";
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

/** Fields of so many buckets that have none yet. */
export function noFields(count: number): Fields {
  const none = () => new Float64Array(count).fill(NaN);
  return { n: none(), min: none(), max: none(), sum: none(), increase: none() };
}

/** Starts of buckets: each once, in their order. */
export function bucketsOf(starts: Float64Array): Float64Array {
  const sorted = starts.slice().sort();
  let count = 0;
  for (let at = 0; at < sorted.length; at++) {
    if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[count++] = sorted[at]!;
  }
  return sorted.slice(0, count);
}
