import type { HourColumn } from "./contract.ts";
import { HourColumns } from "./hour_columns.ts";
import { DAY_MS, HOUR_MS } from "./hour_of.ts";
import type { Turns } from "./turn.ts";

/** Before the name of a column: all of a day; no name of a column has a space. */
export const DAY = "day ";
/** Rolls added until others may have a turn. */
const ROLLS_AT_ONCE = 1_000;

/**
 * All columns of a day, packed, of the hours that there are of it.
 * @param names of all that is stored of that time; days among them are passed over
 * @param hours those of a column that begin in a range
 */
export async function* packedDay(
  day: number,
  names: readonly string[],
  hours: (name: string, from: number, until: number) => Promise<HourColumn[]> | HourColumn[],
  turns: Turns,
  signal?: AbortSignal,
): AsyncGenerator<readonly [name: string, data: Uint8Array]> {
  for (const name of names.filter((name) => !name.startsWith(DAY))) {
    const column = new HourColumns([name]);
    for (let hour = day; hour < day + DAY_MS; hour += HOUR_MS) {
      for (const { rolls } of await hours(name, hour, hour)) {
        let count = 0;
        for (const [task, roll] of rolls) {
          column.addRoll(name, task, roll);
          if (++count % ROLLS_AT_ONCE === 0) await turns.take(signal);
        }
      }
    }
    for await (const [, data] of column.packed(turns, signal)) yield [DAY + name, data];
  }
}
