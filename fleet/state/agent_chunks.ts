import { encodeChunk } from "../chunk/chunk.ts";
import { encodeRolls, rollsOf } from "../chunk/rolls.ts";
import type { StoredSample } from "../model/view.ts";
import type { SealedChunk } from "../store/contract.ts";
import { DAY_MS } from "../store/hour_of.ts";
import type { AgentState } from "./agent_state.ts";

const BUCKET_MS = 300_000;
/** A chunk has no more rows, about: it takes 20 ms to make, and nobody else has a turn meanwhile. */
const MOST_ROWS = 4_000;
/** Rows that are read back until others may have a turn. */
const READ_ROWS = 1_000;

type Row = readonly [task: number, sample: StoredSample];

/**
 * The chunks of what an agent has told: of each day that it is of, and of some of its tasks each where there are many.
 * @returns null wherever others may have a turn
 */
export function* chunksOf({ id, unit, sealing }: AgentState): Generator<SealedChunk | null> {
  if (!sealing) return;
  const days = new Map<number, Row[]>();
  let count = 0;
  for (const row of sealing.tail.rows()) {
    const day = Math.floor(row[1].time / DAY_MS);
    const rows = days.get(day);
    if (rows) rows.push(row);
    else days.set(day, [row]);
    if (++count % READ_ROWS === 0) yield null;
  }
  // Of tasks that an earlier day has: a sample of the day before is the one before.
  const before = new Map<number, StoredSample>();
  for (const [, ofDay] of [...days].sort(([a], [b]) => a - b)) {
    for (const rows of pieces(ofDay)) {
      const rolls = rollsOf(
        rows,
        (task) => before.get(task)?.figures ?? sealing.before(task),
        BUCKET_MS,
        (task) => before.get(task)?.custom ?? sealing.customBefore(task),
      );
      let [from, until] = [Infinity, -Infinity];
      for (const [task, sample] of rows) {
        before.set(task, sample);
        from = Math.min(from, sample.time);
        until = Math.max(until, sample.time);
      }
      const data = encodeChunk(rows);
      yield { agent: id, unit, from, until, count: rows.length, data, rolls: encodeRolls(rolls) };
    }
  }
}

/** Rows by their tasks, so many tasks together that their rows are not too many. */
function pieces(rows: readonly Row[]): readonly (readonly Row[])[] {
  if (rows.length <= MOST_ROWS) return [rows];
  const tasks = new Map<number, Row[]>();
  for (const row of rows) {
    const own = tasks.get(row[0]);
    if (own) own.push(row);
    else tasks.set(row[0], [row]);
  }
  const together: Row[][] = [[]];
  for (const own of tasks.values()) {
    const last = together.at(-1)!;
    if (last.length > 0 && last.length + own.length > MOST_ROWS) together.push(own);
    else for (const row of own) last.push(row);
  }
  return together;
}
