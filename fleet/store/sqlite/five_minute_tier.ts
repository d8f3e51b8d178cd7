import type { UnitKey } from "../../model/unit.ts";
import type { StoredRolls } from "../contract.ts";
import { hoursWanted, namesOf, rollsTogether, withParts } from "../parts.ts";
import type { RollRow } from "../parts.ts";
import type { Row } from "./database.ts";
import type { PeriodFiles } from "./period_files.ts";
import type { RawTier } from "./raw_tier.ts";

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

  /** Do several things with the file of an hour, all or none of them. */
  atOnce(hour: number, change: () => void): void {
    this.files.use(this.files.keyOf(hour), (database) => database.transaction(change));
  }

  /** Take the parts of an agent and hour in that are not yet. @returns the last part that is in it now */
  take(unit: UnitKey, hour: number, agent: number): number {
    const [row] = this.#rows(agent, hour, hour);
    const parts = this.raw.partsOfHour(agent, hour, row?.part ?? 0);
    if (parts.length === 0) return row?.part ?? 0;
    const { part, names, data } = withParts(row, parts, agent, hour, this.say);
    this.files.at(this.files.keyOf(hour)).run(
      "INSERT OR REPLACE INTO roll (agent, hour, unit, part, names, data) VALUES (?, ?, ?, ?, ?, ?)",
      agent,
      hour,
      unit,
      part,
      names,
      data,
    );
    return part;
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
