import type { UnitKey } from "../../model/unit.ts";
import type { JournalEntry, ReplayedEntry } from "../contract.ts";
import { Database } from "./database.ts";
import { JOURNAL } from "./schemas.ts";
import { nextTurn } from "../turn.ts";

/** Entries read, or removed, at a time. */
const STEP = 500;

/** The messages that may not be in chunks yet. */
export class Journal {
  readonly database: Database;
  #last: number;

  /** @param atLeast what the store has been told before: numbers go on from there, whatever file this is */
  constructor(path: string, atLeast: number) {
    this.database = Database.open(path, JOURNAL);
    const row = this.database.get("SELECT seq FROM sqlite_sequence WHERE name = 'entry'");
    this.#last = Number(row?.["seq"] ?? 0);
    if (this.#last >= atLeast) return;
    this.database.transaction(() => {
      this.database.run("DELETE FROM sqlite_sequence WHERE name = 'entry'");
      this.database.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('entry', ?)", atLeast);
    });
    this.#last = atLeast;
  }

  append(entries: readonly JournalEntry[]): number {
    if (entries.length === 0) return this.#last;
    const insert = this.database.prepared(
      "INSERT INTO entry (unit, topic, received_at, payload, is_retained) VALUES (?, ?, ?, ?, ?)",
    );
    return this.#last = this.database.transaction(() => {
      let last = this.#last;
      for (const { unit, topic, receivedAt, payload, isRetained } of entries) {
        last = Number(insert.run(unit, topic, receivedAt, payload, isRetained ? 1 : 0).lastInsertRowid);
      }
      return last;
    });
  }

  async *replay(units: readonly UnitKey[] | null): AsyncGenerator<ReplayedEntry> {
    const wanted = units && new Set<string>(units);
    for (let after = 0;;) {
      const rows = this.database.all(
        "SELECT sequence, unit, topic, received_at, payload, is_retained FROM entry WHERE sequence > ? " +
          "ORDER BY sequence LIMIT ?",
        after,
        STEP,
      );
      if (rows.length === 0) return;
      for (const row of rows) {
        if (wanted && !wanted.has(row["unit"] as string)) continue;
        yield {
          sequence: row["sequence"] as number,
          unit: row["unit"] as UnitKey,
          topic: row["topic"] as string,
          receivedAt: row["received_at"] as number,
          payload: row["payload"] as Uint8Array,
          isRetained: row["is_retained"] === 1,
        };
      }
      after = rows.at(-1)!["sequence"] as number;
      await nextTurn();
    }
  }

  async forget(units: readonly UnitKey[] | null, sequence: number): Promise<void> {
    const first = this.database.get("SELECT min(sequence) AS first FROM entry")?.["first"];
    if (typeof first !== "number") return;
    const condition = units === null ? "" : " AND unit IN (SELECT value FROM json_each(?))";
    for (let from = first; from <= sequence; from += STEP) {
      const until = Math.min(sequence, from + STEP - 1);
      this.database.run(
        `DELETE FROM entry WHERE sequence BETWEEN ? AND ?${condition}`,
        from,
        until,
        ...(units === null ? [] : [JSON.stringify(units)]),
      );
      await nextTurn();
    }
  }

  /** When the oldest entry came. */
  from(): number | null {
    const row = this.database.get("SELECT received_at FROM entry ORDER BY sequence LIMIT 1");
    return row ? row["received_at"] as number : null;
  }
}
