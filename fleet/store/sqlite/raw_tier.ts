import type { UnitKey } from "../../model/unit.ts";
import type { SealedChunk, StoredChunk } from "../contract.ts";
import { dayOf, HOUR_MS, hourOf } from "../hour_of.ts";
import { merged } from "../merged.ts";
import type { ChunkRow, Merged } from "../merged.ts";
import type { DirtyHour, Part } from "../parts.ts";
import { endOf } from "../period.ts";
import { DamagedFile } from "./database.ts";
import type { Database } from "./database.ts";
import type { PeriodFiles } from "./period_files.ts";
import { Turns } from "../turn.ts";

/** Pages given back at a time. */
const SHRINK_PAGES = 500;

/** Dirty agents that are done with at a time. */
const STEP = 100;

/** The chunks, a file a day. */
export class RawTier {
  constructor(readonly files: PeriodFiles) {}

  /** What was sealed with this number already, and comes again since another day has failed, is not stored twice. */
  seal(chunks: readonly SealedChunk[], sequence: number): void {
    // The oldest first: a sample of a day that is read back counts as newer than all that is stored.
    for (const [day, own] of [...Map.groupBy(chunks, dayOfChunk)].sort(([a], [b]) => a - b)) {
      this.files.use(this.files.keyOf(day), (database) => this.#sealDay(database, own, sequence));
    }
  }

  #sealDay(database: Database, chunks: readonly SealedChunk[], sequence: number): void {
    const last = database.prepared("SELECT sequence FROM sealed WHERE agent = ?");
    const chunk = database.prepared(
      "INSERT INTO chunk (agent, first, last, count, data) VALUES (?, ?, ?, ?, ?)",
    );
    const part = database.prepared("INSERT INTO part (agent, first, last, data) VALUES (?, ?, ?, ?)");
    const dirty = database.prepared(
      "INSERT OR REPLACE INTO dirty (hour, unit, agent, part) VALUES (?, ?, ?, ?)",
    );
    const seal = database.prepared("INSERT OR REPLACE INTO sealed (agent, sequence) VALUES (?, ?)");
    const known = new Set(
      chunks.map(({ agent }) => agent)
        .filter((agent) => Number(last.get(agent)?.["sequence"] ?? -1) >= sequence),
    );
    database.transaction(() => {
      for (const { agent, unit, from, until, count, data, rolls } of chunks) {
        if (known.has(agent)) continue;
        chunk.run(agent, from, until, count, data);
        const { lastInsertRowid } = part.run(agent, from, until, rolls);
        for (let hour = hourOf(from); hour <= until; hour += HOUR_MS) {
          dirty.run(hour, unit, agent, lastInsertRowid);
        }
        seal.run(agent, sequence);
      }
    });
  }

  sealed(day: number): Map<number, number> {
    const key = this.files.keyOf(day);
    if (!this.files.has(key)) return new Map();
    const rows = this.files.use(key, (database) => database.all("SELECT agent, sequence FROM sealed"));
    return new Map(rows.map((row) => [row["agent"] as number, row["sequence"] as number]));
  }

  /** The highest number that anything is sealed with. */
  lastSealed(): number {
    return Math.max(
      0,
      ...this.files.keys().map((key) => this.#lastSealed(key)),
    );
  }

  /** Of a file that is damaged it is not known: it is told of when it is used. */
  #lastSealed(key: string): number {
    try {
      return Number(this.files.at(key).get("SELECT max(sequence) AS last FROM sealed")!["last"]);
    } catch (error) {
      if (error instanceof DamagedFile) return 0;
      throw error;
    }
  }

  chunks(agent: number, from: number, until: number): StoredChunk[] {
    return this.files.keysOf(from, until).flatMap((key) =>
      this.files.at(key).all(
        "SELECT first, last, data FROM chunk WHERE agent = ? AND first <= ? AND last >= ? ORDER BY first, id",
        agent,
        until,
        from,
      ).map((row) => ({
        from: row["first"] as number,
        until: row["last"] as number,
        data: row["data"] as Uint8Array,
      }))
    );
  }

  /** Parts of an agent, oldest first by when they were sealed. */
  parts(agent: number, from: number, until: number): Part[] {
    return this.files.keysOf(from, until)
      .flatMap((key) => partsIn(this.files.at(key), agent, from, until, 0));
  }

  /** The same of an hour that is made, after one of them: of a day that is damaged there are none. */
  partsOfHour(agent: number, hour: number, after: number): Part[] {
    const until = hour + HOUR_MS - 1;
    return this.files.keysOf(hour, until)
      .flatMap((key) => this.files.use(key, (database) => partsIn(database, agent, hour, until, after)));
  }

  /** Hours that have ended before a time and are to be made, of one day or of all, oldest first. */
  dirtyHours(endedBefore: number, key?: string): DirtyHour[] {
    return (key === undefined ? this.files.keys() : [key]).flatMap((of) => {
      const sql = "SELECT hour, unit, agent FROM dirty WHERE hour <= ? ORDER BY hour, unit";
      const rows = this.files.use(of, (database) => database.all(sql, endedBefore - HOUR_MS));
      const hours = Map.groupBy(rows, (row) => `${row["hour"]} ${row["unit"]}`);
      return [...hours.values()].map((own) => ({
        unit: own[0]!["unit"] as UnitKey,
        hour: own[0]!["hour"] as number,
        agents: own.map((row) => row["agent"] as number),
      }));
    });
  }

  /**
   * An hour is made: its chunks become one of an agent each, and its parts can go, but for those that other hours still
   * need, or that came meanwhile.
   * @param parts the last part of each agent that is in it
   */
  async clean({ unit, hour }: DirtyHour, parts: ReadonlyMap<number, number>, turns: Turns): Promise<void> {
    const agents = [...parts];
    for (let at = 0; at < agents.length; at += STEP) {
      await this.#merge(hour, agents.slice(at, at + STEP).map(([agent]) => agent), turns);
    }
    for (let at = 0; at < agents.length; at += STEP) {
      const change = (database: Database) => {
        for (const [agent, part] of agents.slice(at, at + STEP)) {
          const sql = "DELETE FROM dirty WHERE hour = ? AND unit = ? AND agent = ? AND part <= ?";
          database.run(sql, hour, unit, agent, part);
          database.run(
            "DELETE FROM part WHERE agent = ? AND first < ? AND last >= ? AND NOT EXISTS (SELECT * FROM dirty " +
              "WHERE dirty.agent = part.agent AND dirty.hour > part.first - ? AND dirty.hour <= part.last)",
            agent,
            hour + HOUR_MS,
            hour,
            HOUR_MS,
          );
        }
      };
      this.files.use(this.files.keyOf(hour), (database) => database.transaction(() => change(database)));
      await turns.take();
    }
  }

  /** Of chunks that began in an hour; the last of them may end in the next. Nobody else changes any of these. */
  async #merge(hour: number, agents: readonly number[], turns: Turns): Promise<void> {
    const key = this.files.keyOf(hour);
    const sql =
      "SELECT id, first, last, count, data FROM chunk WHERE agent = ? AND first >= ? AND first < ? ORDER BY id";
    const fresh: (Merged & { agent: number })[] = [];
    for (const agent of agents) {
      const rows = this.files.use(key, (database) => database.all(sql, agent, hour, hour + HOUR_MS));
      for (const one of merged(rows as unknown as ChunkRow[])) {
        fresh.push({ ...one, agent });
        await turns.take();
      }
    }
    if (fresh.length === 0) return;
    // A transaction costs as much as merging what is in it of some agents.
    this.files.use(key, (database) => database.transaction(() => putMerged(database, fresh)));
    await turns.take();
  }

  /** Days that are over keep no room for parts. */
  async shrink(endedBefore: number): Promise<void> {
    const turns = new Turns();
    for (const key of this.files.keys()) {
      if (endOf(key) > endedBefore) continue;
      while (this.files.has(key) && this.files.at(key).shrink(SHRINK_PAGES)) await turns.take();
    }
  }
}

function partsIn(database: Database, agent: number, from: number, until: number, after: number): Part[] {
  const sql =
    "SELECT id, first, last, data FROM part WHERE agent = ? AND first <= ? AND last >= ? AND id > ? " +
    "ORDER BY id";
  return database.all(sql, agent, until, from, after).map((row) => ({
    id: row["id"] as number,
    first: row["first"] as number,
    last: row["last"] as number,
    data: row["data"] as Uint8Array,
  }));
}

function putMerged(database: Database, all: readonly (Merged & { agent: number })[]): void {
  const gone = database.prepared("DELETE FROM chunk WHERE id = ?");
  const put = database.prepared(
    "INSERT INTO chunk (agent, first, last, count, data) VALUES (?, ?, ?, ?, ?)",
  );
  for (const { of, agent, first, last, count, data } of all) {
    for (const id of of) gone.run(id);
    put.run(agent, first, last, count, data);
  }
}

function dayOfChunk({ from, until }: SealedChunk): number {
  const day = dayOf(from);
  if (day !== dayOf(until)) throw new RangeError("a chunk is of more than one day");
  return day;
}
