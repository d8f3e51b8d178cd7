import { COLUMN_AT } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { Roll, StoredSample } from "../model/view.ts";
import { FIELDS } from "./derived_rolls.ts";
import type { Fields } from "./derived_rolls.ts";
import { addExactly } from "./exact_sum.ts";
import { decodeRollColumns, encodeRollColumns, noFields } from "./roll_columns.ts";
import type { RollColumns, WantedRolls } from "./roll_columns.ts";
import { rollColumnsOf } from "./rolls_of_table.ts";
import { columnsOfTasks, tableOf } from "./sample_columns.ts";

/** The rolls of a task, by the start of their bucket and by column. */
export type TaskRolls = Map<number, Map<string, Roll>>;

/** Nothing yet: what is added to it is what comes out. */
export function emptyRoll(): Roll {
  return { n: 0, sum: 0, min: Infinity, max: -Infinity, increase: 0 };
}

/** Add a roll of the same column to another. */
export function addRoll(to: Roll, { n, sum, min, max, increase }: Roll): void {
  to.n += n;
  to.sum = addExactly(to.sum, sum);
  if (min < to.min) to.min = min;
  if (max > to.max) to.max = max;
  to.increase = addExactly(to.increase, increase);
}

/** Add all rolls of tasks to others, a bucket at a time. */
export function addRolls(to: Map<number, TaskRolls>, rolls: ReadonlyMap<number, TaskRolls>): void {
  for (const [task, buckets] of rolls) {
    for (const [bucket, columns] of buckets) {
      for (const [column, roll] of columns) addRoll(rollAt(to, task, bucket, column), roll);
    }
  }
}

/**
 * The rolls of samples, which are in the order of their times by task. What a counter has grown by is: its value
 * where a run begins, or where it is less than before; nothing where nothing is known before; else the difference.
 * @param before the figures of a task's sample before the first of these; null where there is none
 * @param customBefore those of its own, likewise
 */
export function rollsOf(
  rows: Iterable<readonly [task: number, sample: StoredSample]>,
  before: (task: number) => Figures | null,
  bucketMs: number,
  customBefore: (task: number) => ReadonlyMap<string, number> | null = () => null,
): Map<number, TaskRolls> {
  const table = tableOf(columnsOfTasks(rows));
  return byTask(rollColumnsOf(table, (task) => {
    const [figures, custom] = [before(task), customBefore(task)];
    return (column) => {
      const at = COLUMN_AT.get(column);
      return (at === undefined ? custom?.get(column) : figures?.[at]) ?? NaN;
    };
  }, bucketMs));
}

/**
 * Pack the rolls of the tasks of an agent.
 * @param isLasting whether they are kept for long: it is worth more time then
 */
export function encodeRolls(rolls: ReadonlyMap<number, TaskRolls>, isLasting = false): Uint8Array {
  const tasks = [...rolls].sort(([a], [b]) => a - b).map(([task, buckets]) => ({
    task,
    rows: [...buckets].sort(([a], [b]) => a - b),
  }));
  const names = new Set(tasks.flatMap(({ rows }) => rows.flatMap(([, columns]) => [...columns.keys()])));
  return encodeRollColumns({
    tasks: tasks.map(({ task, rows }) => ({ task, times: Float64Array.from(rows, ([bucket]) => bucket) })),
    columns: new Map([...names].map((name) => [name, tasks.map(({ rows }) => fieldsOf(rows, name))])),
  }, isLasting);
}

function fieldsOf(
  rows: readonly (readonly [bucket: number, columns: Map<string, Roll>])[],
  name: string,
): Fields {
  const fields = noFields(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const roll = rows[at]![1].get(name);
    for (const field of roll ? FIELDS : []) fields[field][at] = roll![field];
  }
  return fields;
}

/**
 * The rolls again, by task. What is not wanted is skipped, not read.
 * @throws CorruptData
 */
export function decodeRolls(data: Uint8Array, wanted: WantedRolls = {}): Map<number, TaskRolls> {
  return byTask(decodeRollColumns(data, wanted));
}

function byTask({ tasks, columns }: RollColumns): Map<number, TaskRolls> {
  return new Map(tasks.map(({ task, times }, place) => {
    const buckets: TaskRolls = new Map(Array.from(times, (bucket) => [bucket, new Map()]));
    const all = [...buckets.values()];
    for (const [name, of] of columns) {
      const fields = of[place];
      if (!fields) continue;
      const { n, min, max, sum, increase } = fields;
      for (let row = 0; row < n.length; row++) {
        if (Number.isNaN(n[row]!)) continue;
        all[row]?.set(name, {
          n: n[row]!,
          sum: sum[row]!,
          min: min[row]!,
          max: max[row]!,
          increase: increase[row]!,
        });
      }
    }
    return [task, buckets];
  }));
}

function rollAt(rolls: Map<number, TaskRolls>, task: number, bucket: number, column: string): Roll {
  let buckets = rolls.get(task);
  if (!buckets) rolls.set(task, buckets = new Map());
  let columns = buckets.get(bucket);
  if (!columns) buckets.set(bucket, columns = new Map());
  let roll = columns.get(column);
  if (!roll) columns.set(column, roll = emptyRoll());
  return roll;
}
