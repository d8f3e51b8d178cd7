import { COLUMN_AT } from "../model/column.ts";

/** Figures beyond are looked up each time. */
const REMEMBERED = 64;

/**
 * Where the figures of a message go, by name. Agents write them in the same order each time: where the last message
 * had the same name at this turn nothing is looked up.
 */
export class ColumnPlaces {
  readonly #names: string[] = Array(REMEMBERED).fill("");
  readonly #places = new Int16Array(REMEMBERED);

  /** @returns the column's place; -1 where there is no such column */
  find(turn: number, name: string): number {
    if (turn < REMEMBERED && this.#names[turn] === name) return this.#places[turn];
    const place = COLUMN_AT.get(name) ?? -1;
    // Names that are not known may be long, and no two alike.
    if (place >= 0 && turn < REMEMBERED) {
      this.#names[turn] = name;
      this.#places[turn] = place;
    }
    return place;
  }
}
