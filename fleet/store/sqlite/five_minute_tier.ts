import type { UnitKey } from "../../model/unit.ts";
import type { StoredRolls } from "../contract.ts";
import { hoursWanted, namesOf, rollsTogether, withParts } from "../parts.ts";
import type { RollRow } from "../parts.ts";
import type { Database, Row } from "./database.ts";
import type { PeriodFiles } from "./period_files.ts";
import type { RawTier } from "./raw_tier.ts";

/** The row of an agent, with the columns that it has. */
export type TakenRow = RollRow & { readonly agent: number; readonly names: string };

/**
 * Rolls in buckets of five minutes, by agent and hour, a file a month. What is sealed is in parts of the raw tier
 * first; each row knows the last part that is in it, so that none is counted twice whenever we are killed.
 */
export class FiveMinuteTier {
  constructor(readonly files: PeriodFiles, readonly raw: RawTier, readonly say: (line: string) => void) {}

  rolls(agent: number, from: number, until: number): StoredRolls[] {
    const parts = this.raw.parts(agent, from, until);
    const rows = this.#rows(agent, ...hoursWanted(parts, from, until));
    return rollsTogether(rows, parts, from, until);
  }

  /**
   * What the row of an agent and hour becomes with the parts that are not in it yet.
   * @returns the last part that is in it then, and the row where that is another one
   */
  taken(hour: number, agent: number): { readonly part: number; readonly row: TakenRow | null } {
    const [row] = this.files.use(this.files.keyOf(hour), () => this.#rows(agent, hour, hour));
    const parts = this.raw.partsOfHour(agent, hour, row?.part ?? 0);
    if (parts.length === 0) return { part: row?.part ?? 0, row: null };
    const taken = { agent, ...withParts(row, parts, agent, hour, this.say) };
    return { part: taken.part, row: taken };
  }

  /** Store such rows, all or none of them. */
  put(unit: UnitKey, hour: number, rows: readonly TakenRow[]): void {
    if (rows.length === 0) return;
    const change = (database: Database) => {
      const put = database.prepared(
        "INSERT OR REPLACE INTO roll (agent, hour, unit, part, names, data) VALUES (?, ?, ?, ?, ?, ?)",
      );
      for (const { agent, part, names, data } of rows) put.run(agent, hour, unit, part, names, data);
    };
    this.files.use(this.files.keyOf(hour), (database) => database.transaction(() => change(database)));
  }

  /** The columns that some task of a unit has in an hour. */
  names(unit: UnitKey, hour: number): string[] {
    const rows =
      this.#file(hour)?.all("SELECT DISTINCT names FROM roll WHERE hour = ? AND unit = ?", hour, unit) ?? [];
    return namesOf(rows.map((row) => row["names"] as string));
  }

  /** Agents of a unit and hour after one of them, in the order of their numbers, so many at most. */
  page(unit: UnitKey, hour: number, after: number, limit: number): { agent: number; data: Uint8Array }[] {
    const sql =
      "SELECT agent, data FROM roll WHERE hour = ? AND unit = ? AND agent > ? ORDER BY agent LIMIT ?";
    return (this.#file(hour)?.all(sql, hour, unit, after, limit) ?? [])
      .map((row) => ({ agent: row["agent"] as number, data: row["data"] as Uint8Array }));
  }

  #rows(agent: number, from: number, until: number): RollRow[] {
    const sql = "SELECT hour, part, data FROM roll WHERE agent = ? AND hour BETWEEN ? AND ? ORDER BY hour";
    return this.files.keysOf(from, until).flatMap((key) => this.files.at(key).all(sql, agent, from, until))
      .map((row: Row) => ({
        hour: row["hour"] as number,
        part: row["part"] as number,
        data: row["data"] as Uint8Array,
      }));
  }

  #file(hour: number) {
    const key = this.files.keyOf(hour);
    return this.files.has(key) ? this.files.at(key) : undefined;
  }
}
