import { COLUMN_AT, kindOf } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import { COUNTERS_AT } from "./increases.ts";

const UPTIME_AT = COLUMN_AT.get("uptime_seconds")!;
/** A run that goes back by less has not begun anew: figures are rounded. */
export const ROUNDING_SECONDS = 1;

/** Whether figures may be of an earlier moment of a run than others: none of its counters is ahead of theirs. */
export function isBefore(figures: Figures, later: Figures): boolean {
  return !(figures[UPTIME_AT] > later[UPTIME_AT] + ROUNDING_SECONDS) &&
    !COUNTERS_AT.some((at) => figures[at] > later[at]);
}

/**
 * Samples of a task by their times, for some came after newer ones. Those that do not fit between their neighbours are
 * left out: they are of a clock that was set back, and would make counters look as if they had begun anew.
 * @param samples as they came, each of another time
 * @param before counters of the sample before all of them; null where nothing is known
 */
export function inTimeOrder(samples: readonly StoredSample[], before: Figures | null): StoredSample[] {
  const [inTime, late]: [StoredSample[], StoredSample[]] = [[], []];
  for (const sample of samples) {
    const newest = inTime.at(-1);
    (newest && sample.time < newest.time ? late : inTime).push(sample);
  }
  late.sort((a, b) => b.time - a.time);
  const ordered: StoredSample[] = [];
  for (const next of inTime) {
    while (late.length > 0 && late.at(-1)!.time < next.time) {
      const one = late.pop()!;
      const last = ordered.at(-1);
      const follows = last ? isBeforeSample(last, one) : !before || isBefore(before, one.figures);
      if (follows && (next.begins || isBeforeSample(one, next))) ordered.push(one);
    }
    ordered.push(next);
  }
  return ordered;
}

function isBeforeSample(one: StoredSample, later: StoredSample): boolean {
  if (!isBefore(one.figures, later.figures)) return false;
  for (const [name, value] of one.custom ?? []) {
    if (kindOf(name) === "counter" && value > (later.custom?.get(name) ?? NaN)) return false;
  }
  return true;
}
