import type { UnitKey } from "../model/unit.ts";
import type { HourColumn, Store } from "../store/contract.ts";
import { Turns } from "../store/turn.ts";
import { HOUR_MS } from "./history.ts";

/** Hours that are in memory at once: one of 100,000 tasks takes a megabyte. */
const AT_ONCE_MS = 24 * HOUR_MS;

/** The hours of a unit that begin in a range, one after another: years of many tasks hold up nobody else. */
export async function* readHours(
  store: Store,
  unit: UnitKey,
  column: string,
  from: number,
  until: number,
  signal?: AbortSignal,
): AsyncGenerator<HourColumn> {
  const turns = new Turns();
  for (let start = from; start < until; start += AT_ONCE_MS) {
    const end = Math.min(until, start + AT_ONCE_MS);
    for (const hour of await store.hours(unit, column, start, end)) {
      if (hour.hour >= start && hour.hour < end) yield hour;
      await turns.take(signal);
    }
  }
}
