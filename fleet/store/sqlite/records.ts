import type { UnitKey } from "../../model/unit.ts";
import type { Lease, LogEntry, LogQuery, RunQuery, RunRow } from "../contract.ts";
import { runRow } from "../inventory_rows.ts";
import type { Database } from "./database.ts";
import { of, parameter } from "./inventory.ts";
import { nextTurn } from "../turn.ts";

/** Rows removed at a time. */
const STEP = 1_000;

/** What has run, what people have set, and what has been done: rows that are few, and small. */
export class Records {
  readonly #epochs = new Map<UnitKey, number>();

  constructor(readonly database: Database) {}

  saveRuns(runs: readonly RunRow[]): void {
    const put = this.database.prepared(
      "INSERT OR REPLACE INTO run (task, started, ended, state, error, figures, quality) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.database.transaction(() => {
      for (const { task, started, ended, state, error, figures, quality } of runs) {
        put.run(task, started, ended, state, error, JSON.stringify(figures), JSON.stringify(quality));
      }
    });
  }

  /** Runs that went on at some time of the stretch. */
  runs({ task, units: wanted, from, until, by, after, limit }: RunQuery): RunRow[] {
    const units = wanted ?? null;
    const own = task === undefined ? "" : " AND task = ?";
    const inUnits = units === null
      ? ""
      : ` AND task IN (SELECT task.id FROM task JOIN agent ON agent.id = task.agent WHERE true${
        of(units, "unit")
      })`;
    const path = by === undefined ? [] : [`$.${JSON.stringify(by)}`];
    const order = by === undefined ? "ended DESC" : "json_extract(figures, ?) DESC NULLS LAST, ended DESC";
    // The first condition says no more than the second, and is what the index finds the place by.
    const behind = after ? " AND ended <= ? AND (ended < ? OR task > ? OR (task = ? AND started < ?))" : "";
    return this.database.all(
      `SELECT * FROM run WHERE ended >= ? AND started <= ?${own}${inUnits}${behind} ` +
        `ORDER BY ${order}, task, started DESC LIMIT ?`,
      from,
      until,
      ...(task === undefined ? [] : [task]),
      ...parameter(units),
      ...(after ? [after.ended, after.ended, after.task, after.task, after.started] : []),
      ...path,
      limit,
    ).map(runRow);
  }

  removeRuns(endedBefore: number): Promise<number> {
    return this.#remove(
      "DELETE FROM run WHERE (task, started) IN (SELECT task, started FROM run WHERE ended < ? LIMIT ?)",
      endedBefore,
    );
  }

  /** Remove lines of logs. */
  async removeLines(before: number): Promise<number> {
    let count = 0;
    for (const name of ["audit", "alerts"]) {
      count += await this.#remove(
        `DELETE FROM log WHERE id IN (SELECT id FROM log WHERE name = '${name}' AND at < ? LIMIT ?)`,
        before,
      );
    }
    return count;
  }

  async #remove(sql: string, before: number): Promise<number> {
    let count = 0;
    for (;;) {
      const removed = this.database.run(sql, before, STEP);
      count += removed;
      if (removed < STEP) return count;
      await nextTurn();
    }
  }

  /** When the oldest run ended. */
  from(): number | null {
    return this.database.get("SELECT min(ended) AS first FROM run")!["first"] as number | null;
  }

  documents(collection: string): Map<string, unknown> {
    const rows = this.database.all("SELECT name, content FROM document WHERE collection = ?", collection);
    return new Map(rows.map((row) => [row["name"] as string, JSON.parse(row["content"] as string)]));
  }

  saveDocuments(collection: string, changes: ReadonlyMap<string, unknown>): void {
    const put = this.database.prepared(
      "INSERT OR REPLACE INTO document (collection, name, content) VALUES (?, ?, ?)",
    );
    const remove = this.database.prepared("DELETE FROM document WHERE collection = ? AND name = ?");
    this.database.transaction(() => {
      for (const [name, content] of changes) {
        if (content === null) remove.run(collection, name);
        else put.run(collection, name, JSON.stringify(content));
      }
    });
  }

  log(name: string, entries: readonly LogEntry[]): void {
    const put = this.database.prepared(
      "INSERT INTO log (name, at, unit, text, detail) VALUES (?, ?, ?, ?, ?)",
    );
    this.database.transaction(() => {
      for (const { at, unit, text, detail } of entries) {
        put.run(name, at, unit, text, JSON.stringify(detail ?? null));
      }
    });
  }

  readLog(name: string, { from = -Infinity, until = Infinity, units, limit }: LogQuery): LogEntry[] {
    return this.database.all(
      `SELECT at, unit, text, detail FROM log WHERE name = ? AND at BETWEEN ? AND ?${
        of(units ?? null, "unit")
      } ` +
        "ORDER BY at DESC, id DESC LIMIT ?",
      name,
      from,
      until,
      ...parameter(units ?? null),
      limit,
    ).map((row) => ({
      at: row["at"] as number,
      unit: row["unit"] as UnitKey | null,
      text: row["text"] as string,
      detail: JSON.parse(row["detail"] as string),
    }));
  }

  /** Nobody else can have one: the directory is ours. */
  lease(unit: UnitKey): Lease {
    let epoch = this.#epochs.get(unit);
    if (epoch === undefined) {
      const row = this.database.get(
        "INSERT INTO lease (unit, epoch) VALUES (?, 1) ON CONFLICT (unit) DO UPDATE SET epoch = epoch + 1 " +
          "RETURNING epoch",
        unit,
      );
      this.#epochs.set(unit, epoch = row!["epoch"] as number);
    }
    return { unit, epoch };
  }

  release(unit: UnitKey): void {
    this.#epochs.delete(unit);
  }

  /** Of the lease that was taken last. */
  epoch(unit: UnitKey): number {
    return this.#epochs.get(unit) ??
      this.database.get("SELECT epoch FROM lease WHERE unit = ?", unit)?.["epoch"] as number | undefined ?? 0;
  }

  /** A number of the store's own; 0 where it has never been set. */
  mark(name: string): number {
    return this.database.get("SELECT next FROM counter WHERE name = ?", name)?.["next"] as
      | number
      | undefined ?? 0;
  }

  setMark(name: string, value: number): void {
    this.database.run("INSERT OR REPLACE INTO counter (name, next) VALUES (?, ?)", name, value);
  }
}
