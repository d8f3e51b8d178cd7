import { packTable } from "../chunk/chunk_table.ts";
import { encodeRollColumns } from "../chunk/roll_columns.ts";
import { rollColumnsOf } from "../chunk/rolls_of_table.ts";
import { SampleColumns, tableOf } from "../chunk/sample_columns.ts";
import { COLUMN_AT } from "../model/column.ts";
import type { SealedChunk } from "../store/contract.ts";
import { DAY_MS } from "../store/hour_of.ts";
import type { AgentState } from "./agent_state.ts";
import { columnsInTimeOrder } from "./time_order.ts";

const BUCKET_MS = 300_000;
/** A chunk has no more rows, about: it takes 20 ms to make, and nobody else has a turn meanwhile. */
const MOST_ROWS = 4_000;
/** Room that is made for a task's samples at once; more is made as they come, for days are not alike. */
const MOST_EXPECTED = 256;
/** Rows that are read back until others may have a turn. */
const READ_ROWS = 1_000;

/**
 * The chunks of what an agent has told: of each day that it is of, and of some of its tasks each where there are many.
 * @returns null wherever others may have a turn
 */
export function* chunksOf({ id, unit, sealing }: AgentState): Generator<SealedChunk | null> {
  if (!sealing) return;
  const days = new Map<number, Map<number, SampleColumns>>();
  /** Of tasks of which some came late: they are put in order before they are parted by days. */
  const unordered = new Map<number, SampleColumns>();
  const expected = Math.min(MOST_EXPECTED, Math.ceil(sealing.tail.count / sealing.taskCount));
  let read = 0;
  for (const { task, time, figures, custom, begins } of sealing.tail.read()) {
    const day = dayOf(time);
    let tasks = sealing.isLate(task) ? unordered : days.get(day);
    if (!tasks) days.set(day, tasks = new Map());
    let own = tasks.get(task);
    if (!own) tasks.set(task, own = new SampleColumns(task, expected));
    own.add(time, figures, custom.size === 0 ? null : custom, begins);
    if (++read % READ_ROWS === 0) yield null;
  }
  for (const [task, own] of unordered) {
    const ordered = columnsInTimeOrder(own, sealing.before(task), sealing.customBefore(task));
    for (const [day, rows] of Map.groupBy(ordered.times.keys(), (row) => dayOf(ordered.times[row]))) {
      const tasks = days.get(day) ?? new Map<number, SampleColumns>();
      days.set(day, tasks.set(task, ordered.picked(rows)));
    }
    yield null;
  }
  // Of tasks that an earlier day has: a sample of the day before is the one before.
  const earlier = new Map<number, SampleColumns>();
  const before = (task: number) => {
    const own = earlier.get(task);
    const figures = own ? null : sealing.before(task);
    const custom = own?.lastCustom ?? sealing.customBefore(task);
    return (column: string) => {
      const at = COLUMN_AT.get(column);
      if (at === undefined) return custom?.get(column) ?? NaN;
      return own ? own.lastFigure(at) : figures?.[at] ?? NaN;
    };
  };
  for (const [, ofDay] of [...days].sort(([a], [b]) => a - b)) {
    for (const tasks of pieces([...ofDay.values()])) {
      const table = tableOf(tasks);
      const rolls = encodeRollColumns(rollColumnsOf(table, before, BUCKET_MS), false);
      let [from, until, count] = [Infinity, -Infinity, 0];
      for (const own of tasks) {
        earlier.set(own.task, own);
        count += own.count;
        for (const time of own.times) {
          from = Math.min(from, time);
          until = Math.max(until, time);
        }
      }
      yield { agent: id, unit, from, until, count, data: packTable(table), rolls };
    }
  }
}

function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** Tasks, so many together that their rows are not too many. */
function pieces(tasks: readonly SampleColumns[]): readonly (readonly SampleColumns[])[] {
  const together: SampleColumns[][] = [];
  let rows = Infinity;
  for (const task of tasks) {
    rows += task.count;
    if (rows > MOST_ROWS) {
      together.push([]);
      rows = task.count;
    }
    together.at(-1)!.push(task);
  }
  return together;
}
