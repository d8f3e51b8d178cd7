import type { UnitKey } from "../../model/unit.ts";
import type { LogEntry, LogQuery, RunQuery, RunRow } from "../contract.ts";
import { runRow } from "../inventory_rows.ts";
import { numbers, storable, storableJson, texts } from "./arrays.ts";
import type { Database } from "./database.ts";
import type { Guard } from "./leases.ts";

/** Runs written, or removed, at a time. */
const STEP = 1_000;

/** What has run, what people have set, and what has been done: rows that are few, and small. */
export class Records {
  constructor(readonly database: Database, readonly leases: Guard) {}

  async saveRuns(runs: readonly RunRow[]): Promise<void> {
    const once = [...new Map(runs.map((run) => [`${run.task} ${run.started}`, run])).values()];
    if (once.length === 0) return;
    await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      for (let at = 0; at < once.length; at += STEP) {
        const some = once.slice(at, at + STEP);
        await statements.all(
          "INSERT INTO run (task, started, ended, state, error, figures, quality) " +
            "SELECT task, started, ended, state, error, figures::json, quality::json FROM unnest($1::int8[], " +
            "$2::float8[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::text[]) " +
            "AS new (task, started, ended, state, error, figures, quality) ON CONFLICT (task, started) " +
            "DO UPDATE SET ended = excluded.ended, state = excluded.state, error = excluded.error, " +
            "figures = excluded.figures, quality = excluded.quality",
          numbers(some.map(({ task }) => task)),
          numbers(some.map(({ started }) => started)),
          numbers(some.map(({ ended }) => ended)),
          texts(some.map(({ state }) => state)),
          texts(some.map(({ error }) => error)),
          texts(some.map(({ figures }) => storableJson(figures))),
          texts(some.map(({ quality }) => storableJson(quality))),
        );
      }
    });
  }

  /** Runs that went on at some time of the stretch. */
  async runs({ task, units, from, until, by, limit }: RunQuery): Promise<RunRow[]> {
    const order = by === undefined ? "" : "(figures ->> $6::text)::float8 DESC NULLS LAST, ";
    const rows = await this.database.all(
      "SELECT * FROM run WHERE ended >= $1::float8 AND started <= $2::float8 AND ($3::int8 IS NULL OR task = $3) " +
        "AND ($4::text[] IS NULL OR task IN (SELECT task.id FROM task JOIN agent ON agent.id = task.agent " +
        `WHERE agent.unit = ANY($4::text[]))) ORDER BY ${order}ended DESC, task LIMIT $5`,
      ...[from, until, task ?? null, units === undefined ? null : texts(units), limit],
      ...(by === undefined ? [] : [storable(by)]),
    );
    return rows.map(runRow);
  }

  async removeRuns(endedBefore: number): Promise<number> {
    for (let count = 0;;) {
      const removed = await this.database.transaction(async (statements) => {
        await this.leases.guard(statements);
        return await statements.all(
          "DELETE FROM run WHERE ctid = ANY(ARRAY(SELECT ctid FROM run WHERE ended < $1::float8 LIMIT $2)) RETURNING 1",
          endedBefore,
          STEP,
        );
      });
      count += removed.length;
      if (removed.length < STEP) return count;
    }
  }

  /** When the oldest run ended. */
  async from(): Promise<number | null> {
    const [row] = await this.database.all("SELECT min(ended) AS first FROM run");
    return row!["first"] as number | null;
  }

  async documents(collection: string): Promise<Map<string, unknown>> {
    const rows = await this.database.all(
      "SELECT name, content FROM document WHERE collection = $1 ORDER BY name",
      storable(collection),
    );
    return new Map(rows.map((row) => [row["name"] as string, JSON.parse(row["content"] as string)]));
  }

  async saveDocuments(collection: string, changes: ReadonlyMap<string, unknown>): Promise<void> {
    const [gone, kept] = [false, true].map((is) =>
      [...changes].filter(([, content]) => (content !== null) === is)
    );
    await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      await statements.all(
        "DELETE FROM document WHERE collection = $1 AND name = ANY($2::text[])",
        storable(collection),
        texts(gone!.map(([name]) => name)),
      );
      await statements.all(
        "INSERT INTO document (collection, name, content) SELECT $1::text, * FROM unnest($2::text[], $3::text[]) " +
          "ON CONFLICT (collection, name) DO UPDATE SET content = excluded.content",
        storable(collection),
        texts(kept!.map(([name]) => name)),
        texts(kept!.map(([, content]) => JSON.stringify(content))),
      );
    });
  }

  async log(name: string, entries: readonly LogEntry[]): Promise<void> {
    await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      await statements.all(
        "INSERT INTO log (name, at, unit, text, detail) SELECT $1::text, at, unit, text, detail FROM " +
          "unnest($2::float8[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY " +
          "AS new (at, unit, text, detail, place) ORDER BY place",
        name,
        numbers(entries.map(({ at }) => at)),
        texts(entries.map(({ unit }) => unit)),
        texts(entries.map(({ text }) => text)),
        texts(entries.map(({ detail }) => JSON.stringify(detail ?? null))),
      );
    });
  }

  async readLog(
    name: string,
    { from = -Infinity, until = Infinity, units, limit }: LogQuery,
  ): Promise<LogEntry[]> {
    const rows = await this.database.all(
      "SELECT at, unit, text, detail FROM log WHERE name = $1 AND at BETWEEN $2::float8 AND $3::float8 " +
        "AND ($4::text[] IS NULL OR unit = ANY($4::text[])) ORDER BY at DESC, id DESC LIMIT $5",
      ...[name, from, until, units === undefined ? null : texts(units), limit],
    );
    return rows.map((row) => ({
      at: row["at"] as number,
      unit: row["unit"] as UnitKey | null,
      text: row["text"] as string,
      detail: JSON.parse(row["detail"] as string),
    }));
  }
}
