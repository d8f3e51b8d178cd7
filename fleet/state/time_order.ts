import { COLUMN_AT, kindOf } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import type { SampleColumns } from "../chunk/sample_columns.ts";
import { COUNTERS_AT } from "./increases.ts";

const UPTIME_AT = COLUMN_AT.get("uptime_seconds")!;
/** A run that goes back by less has not begun anew: figures are rounded. */
export const ROUNDING_SECONDS = 1;
/** Two times of the same start differ by so little. */
export const SAME_START_MS = 1_500;

/** A figure by its place; NaN where there is none. */
type FigureAt = (at: number) => number;
type Custom = ReadonlyMap<string, number> | null;

/** Samples of a task by their numbers, as they came, each of another time. */
interface Rows {
  readonly count: number;
  readonly time: (row: number) => number;
  readonly figures: (row: number) => FigureAt;
  readonly custom: (row: number) => Custom;
  readonly begins: (row: number) => boolean;
}

/** Whether figures may be of an earlier moment of a run than others: none of its counters is ahead of theirs. */
export function isBefore(figures: Figures, later: Figures): boolean {
  return precedes((at) => figures[at], (at) => later[at]);
}

/**
 * Samples of a task by their times, for some came after newer ones. Those that do not fit between their neighbours are
 * left out: they are of a clock that was set back, and would make counters look as if they had begun anew.
 * @param samples as they came, each of another time
 * @param before counters of the sample before all of them; null where nothing is known
 * @param customBefore those of its own
 */
export function inTimeOrder(
  samples: readonly StoredSample[],
  before: Figures | null,
  customBefore: Custom,
): StoredSample[] {
  const rows = {
    count: samples.length,
    time: (row: number) => samples[row].time,
    figures: (row: number) => (at: number) => samples[row].figures[at],
    custom: (row: number) => samples[row].custom,
    begins: (row: number) => samples[row].begins,
  };
  const { order, begins } = ordered(rows, (at) => before?.[at] ?? NaN, customBefore);
  return order.map((row) =>
    samples[row].begins === begins.has(row) ? samples[row] : { ...samples[row], begins: begins.has(row) }
  );
}

/** The same of columns. */
export function columnsInTimeOrder(
  own: SampleColumns,
  before: Figures | null,
  customBefore: Custom,
): SampleColumns {
  const { count, times } = own;
  if (times.every((time, row) => row === 0 || time > times[row - 1])) return own;
  const rows = {
    count,
    time: (row: number) => times[row],
    figures: (row: number) => (at: number) => own.figure(row, at),
    custom: (row: number) => own.customOf(row),
    begins: (row: number) => own.beginsAt(row),
  };
  const { order, begins } = ordered(rows, (at) => before?.[at] ?? NaN, customBefore);
  return own.picked(order, (row) => begins.has(row));
}

/** Rows by their times, and with which of them a run begins. */
interface Ordered {
  readonly order: readonly number[];
  readonly begins: ReadonlySet<number>;
}

function ordered(rows: Rows, before: FigureAt, customBefore: Custom): Ordered {
  const { figures, custom, time } = rows;
  const isFollowedBy = (one: number, later: number) =>
    precedes(figures(one), figures(later)) && customPrecedes(custom(one), custom(later));
  const isFirst = customBefore === null && COUNTERS_AT.every((at) => Number.isNaN(before(at)));
  const { inTime, late } = parted(rows);
  const order: number[] = [];
  const begins = new Set(inTime.filter(rows.begins));
  for (const next of inTime) {
    while (late.length > 0 && time(late.at(-1)!) < time(next)) {
      const one = late.pop()!;
      const last = order.at(-1);
      const follows = last === undefined
        ? precedes(before, figures(one)) && customPrecedes(customBefore, custom(one))
        : isFollowedBy(last, one);
      // What nothing is known before adds nothing.
      const isAlone = last === undefined && isFirst;
      if (!begins.has(next) || (isAlone && isFollowedBy(one, next))) {
        if (follows && isFollowedBy(one, next)) order.push(one);
        continue;
      }
      const run = runOf(rows, one, next);
      if (run === "before" && follows) order.push(one);
      // All that a run has used is with the first that was known of it, which is this one now.
      if (run !== "same" || !isFollowedBy(one, next)) continue;
      order.push(one);
      begins.add(one);
      begins.delete(next);
    }
    order.push(next);
  }
  return { order, begins };
}

/** Those that came in time, and those that came after newer ones, the newest first. */
function parted({ count, time }: Rows): { readonly inTime: number[]; readonly late: number[] } {
  const [inTime, late]: [number[], number[]] = [[], []];
  for (let row = 0, newest = -Infinity; row < count; row++) {
    (time(row) < newest ? late : inTime).push(row);
    newest = Math.max(newest, time(row));
  }
  late.sort((a, b) => time(b) - time(a));
  return { inTime, late };
}

/** Of which run a sample is that is older than the first that was known of a run; null where that cannot be told. */
function runOf({ time, figures }: Rows, one: number, next: number): "before" | "same" | null {
  const start = (row: number) => time(row) - figures(row)(UPTIME_AT) * 1_000;
  const [own, began] = [start(one), start(next)];
  if (Number.isNaN(own)) {
    return time(one) < began - SAME_START_MS ? "before" : time(one) >= began ? "same" : null;
  }
  return Math.abs(own - began) <= SAME_START_MS ? "same" : own < began ? "before" : null;
}

/** A counter that is not there later is none that has grown: the next difference would be to nothing. */
function precedes(figures: FigureAt, later: FigureAt): boolean {
  return !(figures(UPTIME_AT) > later(UPTIME_AT) + ROUNDING_SECONDS) &&
    COUNTERS_AT.every((at) => !(figures(at) >= 0) || figures(at) <= later(at));
}

function customPrecedes(one: Custom, later: Custom): boolean {
  for (const [name, value] of one ?? []) {
    if (kindOf(name) === "counter" && !(value <= (later?.get(name) ?? NaN))) return false;
  }
  return true;
}
