import type { UnitKey } from "../model/unit.ts";
import type { HourColumn, Store } from "../store/contract.ts";
import { Turns } from "../store/turn.ts";
import { DAY_MS, dayOf } from "../store/hour_of.ts";

/** Hours, or days, that are in memory at once: one of 100,000 tasks takes two megabytes. */
const HOURS_AT_ONCE_MS = DAY_MS;
const DAYS_AT_ONCE_MS = 8 * DAY_MS;

/** The hours of a unit that begin in a range, one after another: years of many tasks hold up nobody else. */
export async function* readHours(
  store: Pick<Store, "hours">,
  unit: UnitKey,
  column: string,
  from: number,
  until: number,
  signal?: AbortSignal,
): AsyncGenerator<HourColumn> {
  const turns = new Turns();
  for (let start = from; start < until; start += HOURS_AT_ONCE_MS) {
    const end = Math.min(until, start + HOURS_AT_ONCE_MS);
    for (const hour of await store.hours(unit, column, start, end)) {
      if (hour.hour >= start && hour.hour < end) yield hour;
      await turns.take(signal);
    }
    // Empty days take time, too: a store in this process answers without a turn for others.
    await turns.take(signal);
  }
}

/**
 * The same where only their sum is asked for: days that are in the range as a whole come as one.
 * @param without hours that are not wanted
 */
export async function* readSums(
  store: Pick<Store, "hours" | "days">,
  unit: UnitKey,
  column: string,
  from: number,
  until: number,
  without: ReadonlySet<number>,
  signal?: AbortSignal,
): AsyncGenerator<HourColumn> {
  const turns = new Turns();
  const unwanted = new Set([...without].map(dayOf));
  const [first, end] = [dayOf(from + DAY_MS - 1), dayOf(until)];
  let at = from;
  for (let start = first; start < end; start += DAYS_AT_ONCE_MS) {
    const stop = Math.min(end, start + DAYS_AT_ONCE_MS);
    for (const day of await store.days(unit, column, start, stop)) {
      if (day.hour < start || day.hour >= stop || unwanted.has(day.hour)) continue;
      yield* wanted(readHours(store, unit, column, at, day.hour, signal), without);
      yield day;
      at = day.hour + DAY_MS;
      await turns.take(signal);
    }
    await turns.take(signal);
  }
  yield* wanted(readHours(store, unit, column, at, until, signal), without);
}

async function* wanted(hours: AsyncGenerator<HourColumn>, without: ReadonlySet<number>) {
  for await (const one of hours) if (!without.has(one.hour)) yield one;
}
