import type { UnitKey } from "../../model/unit.ts";
import type { JournalEntry, ReplayedEntry } from "../contract.ts";
import { blobs, numbers, texts } from "./arrays.ts";
import type { Database } from "./database.ts";
import type { Guard } from "./leases.ts";

/** Entries read, or removed, at a time. */
const STEP = 500;

/** The messages that may not be in chunks yet. */
export class Journal {
  constructor(readonly database: Database, readonly leases: Guard) {}

  async append(entries: readonly JournalEntry[]): Promise<number> {
    if (entries.length === 0) {
      const [row] = await this.database.all(
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM entry_sequence",
      );
      return row!["last"] as number;
    }
    return await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      const rows = await statements.all(
        "INSERT INTO entry (unit, topic, received_at, payload, is_retained) " +
          "SELECT unit, topic, at, payload, kept FROM " +
          "unnest($1::text[], $2::text[], $3::float8[], $4::bytea[], $5::bool[]) WITH ORDINALITY " +
          "AS new (unit, topic, at, payload, kept, place) ORDER BY place RETURNING sequence",
        texts(entries.map(({ unit }) => unit)),
        texts(entries.map(({ topic }) => topic)),
        numbers(entries.map(({ receivedAt }) => receivedAt)),
        blobs(entries.map(({ payload }) => payload)),
        texts(entries.map(({ isRetained }) => `${isRetained}`)),
      );
      return rows.at(-1)!["sequence"] as number;
    });
  }

  async *replay(units: readonly UnitKey[] | null): AsyncGenerator<ReplayedEntry> {
    for (let after = 0;;) {
      const rows = await this.database.all(
        "SELECT sequence, unit, topic, received_at, payload, is_retained FROM entry " +
          "WHERE sequence > $1 AND ($2::text[] IS NULL OR unit = ANY($2::text[])) ORDER BY sequence LIMIT $3",
        after,
        units && texts(units),
        STEP,
      );
      for (const row of rows) {
        yield {
          sequence: row["sequence"] as number,
          unit: row["unit"] as UnitKey,
          topic: row["topic"] as string,
          receivedAt: row["received_at"] as number,
          payload: row["payload"] as Uint8Array,
          isRetained: row["is_retained"] as boolean,
        };
      }
      if (rows.length < STEP) return;
      after = rows.at(-1)!["sequence"] as number;
    }
  }

  async forget(units: readonly UnitKey[] | null, sequence: number): Promise<void> {
    await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      await statements.all(
        "DELETE FROM entry WHERE sequence <= $1 AND ($2::text[] IS NULL OR unit = ANY($2::text[]))",
        sequence,
        units && texts(units),
      );
      // Whoever follows what we write knows by it what is in chunks, and whether it has missed something.
      await statements.all(
        "INSERT INTO unit AS old (name, sealed) SELECT name, $2::int8 FROM unnest($1::text[]) AS name " +
          "ON CONFLICT (name) DO UPDATE SET sealed = greatest(old.sealed, excluded.sealed)",
        texts(units ?? []),
        sequence,
      );
    });
  }

  /** When the oldest entry came. */
  async from(): Promise<number | null> {
    const [row] = await this.database.all("SELECT received_at FROM entry ORDER BY sequence LIMIT 1");
    return row ? row["received_at"] as number : null;
  }
}
