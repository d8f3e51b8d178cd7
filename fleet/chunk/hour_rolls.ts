import { Buffer } from "node:buffer";
import type { Roll } from "../model/view.ts";
import { ByteReader, CorruptData } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { packFrame, unpackFrame } from "./frame.ts";
import { readSeries, writeSeries } from "./series.ts";

/** What is packed of a column of an hour, a value a task each. */
export const HOUR_FIELDS = ["task", "n", "sum", "min", "max", "increase"] as const;
/** One of them. */
export type HourField = typeof HOUR_FIELDS[number];

const KIND = 0xc3;
/** Since 2 series may be divided. */
const VERSION = 2;
/** Tasks of a unit; an array of them takes 128 MiB. */
const MAX_TASKS = 2 ** 24;

/** Pack one field of all tasks. */
export function packHourField(values: Float64Array): Uint8Array {
  const bytes = new ByteWriter(values.length);
  const kind = writeSeries(values, bytes);
  const writer = new ByteWriter(bytes.length + 16);
  writer.varint(values.length);
  writer.byte(kind);
  writer.block(bytes.written());
  return packFrame(KIND, VERSION, writer.written());
}

/** Put packed fields together, in the order of their names. */
export function joinHourFields(fields: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(fields.reduce((sum, { length }) => sum + length + 8, 0));
  for (const field of fields) writer.block(field);
  return writer.written();
}

/**
 * One column of an hour, of all tasks of a unit. Who needs few fields of many tasks asks for these as arrays: the
 * others are not read then.
 */
export class HourRolls implements Iterable<readonly [task: number, roll: Roll]> {
  readonly #packed: ReadonlyMap<HourField, Uint8Array>;
  readonly #fields = new Map<HourField, Float64Array>();

  /** @throws CorruptData */
  constructor(data: Uint8Array) {
    const reader = new ByteReader(data);
    this.#packed = new Map(HOUR_FIELDS.map((name) => [name, reader.block()]));
    reader.end();
  }

  /** A field of every task; the same places of all arrays are of the same task. @throws CorruptData */
  field(name: HourField): Float64Array {
    let values = this.#fields.get(name);
    if (!values) {
      const packed = this.#packed.get(name)!;
      this.#fields.set(name, values = name === "task" ? unpackTasks(packed) : unpackField(packed));
    }
    return values;
  }

  /** @throws CorruptData */
  *[Symbol.iterator](): Iterator<readonly [task: number, roll: Roll]> {
    const [tasks, n, sum, min, max, increase] = HOUR_FIELDS.map((name) => this.field(name));
    if (HOUR_FIELDS.some((name) => this.field(name).length !== tasks!.length)) {
      throw new CorruptData("has fields of different lengths");
    }
    for (let at = 0; at < tasks!.length; at++) {
      const roll = { n: n![at]!, sum: sum![at]!, min: min![at]!, max: max![at]!, increase: increase![at]! };
      yield [tasks![at]!, roll];
    }
  }
}

/** The tasks of the hour that was read last: those of the next one are the same nearly always. */
let lastTasks: { readonly packed: Uint8Array; readonly values: Float64Array } | null = null;

function unpackTasks(packed: Uint8Array): Float64Array {
  if (lastTasks === null || Buffer.compare(lastTasks.packed, packed) !== 0) {
    // Not a part of all that was read.
    lastTasks = { values: unpackField(packed), packed: packed.slice() };
  }
  return lastTasks.values;
}

function unpackField(packed: Uint8Array): Float64Array {
  const reader = new ByteReader(unpackFrame(KIND, VERSION, packed));
  const count = reader.varint();
  if (count > MAX_TASKS) throw new CorruptData("promises more tasks than any may have");
  const values = readSeries(reader.byte(), reader.part(reader.varint()), count);
  reader.end();
  return values ?? new Float64Array(count).fill(NaN);
}
