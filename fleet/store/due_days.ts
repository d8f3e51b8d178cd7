import { CorruptData } from "../chunk/byte_reader.ts";
import type { UnitKey } from "../model/unit.ts";
import { DAY_MS, dayOf } from "./hour_of.ts";

const COLLECTION = "due_days";

type Documents = ReadonlyMap<string, unknown>;

/** Where documents are kept, at once or in a while. */
interface Kept {
  documents(collection: string): Documents | Promise<Documents>;
  saveDocuments(collection: string, changes: Documents): void | Promise<void>;
}

/**
 * The days of units that are to be made of their hours. They are noted before an hour changes and until the day is
 * made, so that a day is made in a later round where its manager was killed in between, or where its last hours have
 * nothing that would ask for it.
 */
export class DueDays {
  constructor(readonly records: Kept) {}

  /** An hour is about to change: nothing of its day holds as a whole. */
  async note(unit: UnitKey, hour: number): Promise<void> {
    await this.records.saveDocuments(COLLECTION, new Map([[nameOf(unit, dayOf(hour)), true]]));
  }

  /**
   * Make the days that were over before a time.
   * @param isWanted which of them
   * @param say is told of days that cannot be made, and so are read by their hours
   */
  async make(
    endedBefore: number,
    isWanted: (unit: UnitKey, day: number) => boolean,
    makeDay: (unit: UnitKey, day: number) => Promise<void>,
    say: (line: string) => void,
  ): Promise<void> {
    for (const name of (await this.records.documents(COLLECTION)).keys()) {
      const [day, unit] = [Number(name.slice(0, name.indexOf(" "))), name.slice(name.indexOf(" ") + 1)];
      if (day + DAY_MS > endedBefore || !isWanted(unit as UnitKey, day)) continue;
      try {
        await makeDay(unit as UnitKey, day);
      } catch (error) {
        if (!(error instanceof CorruptData)) throw error;
        say(`${dayName(day)} of ${unit} is not made as a whole: what is stored of an hour ${error.message}`);
      }
      await this.records.saveDocuments(COLLECTION, new Map([[name, null]]));
    }
  }
}

function nameOf(unit: UnitKey, day: number): string {
  return `${day} ${unit}`;
}

function dayName(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}
