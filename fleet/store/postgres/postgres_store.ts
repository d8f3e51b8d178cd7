import { ProctorError } from "../../../core/error.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { AgentRow, HourColumn, JournalEntry, Lease, LogEntry, LogQuery } from "../contract.ts";
import type { ReplayedEntry, Retention, RunQuery, RunRow, SealedChunk, Store } from "../contract.ts";
import type { StoredChunk, StoredRolls, TaskRow, TierUse } from "../contract.ts";
import { DueDays } from "../due_days.ts";
import { Queue } from "../turn.ts";
import type { Database } from "./database.ts";
import { FiveMinuteTier } from "./five_minute_tier.ts";
import { HourTier } from "./hour_tier.ts";
import { Inventory } from "./inventory.ts";
import { Journal } from "./journal.ts";
import type { Guard, Leases } from "./leases.ts";
import { Periods } from "./periods.ts";
import { RawTier } from "./raw_tier.ts";
import { Records } from "./records.ts";
import { Retainer } from "./retention.ts";

/** A store in a database of PostgreSQL, which managers of several machines reach. */
export class PostgresStore implements Store {
  readonly place: string;
  readonly #database: Database;
  readonly #leases: Leases;
  readonly #guard: Guard;
  readonly #say: (line: string) => void;
  readonly #inventory: Inventory;
  readonly #journal: Journal;
  readonly #records: Records;
  readonly #raw: RawTier;
  readonly #minutes: FiveMinuteTier;
  readonly #hours: HourTier;
  readonly #due: DueDays;
  readonly #retainer: Retainer;
  /** What goes through many partitions: one at a time. */
  readonly #jobs = new Queue();
  /** Parts of an agent have numbers in the order in which they are stored. */
  readonly #seals = new Queue();
  #isClosed = false;

  /**
   * @param guard what every change is made under
   * @param periods of this store, where another knows them already
   */
  constructor(
    database: Database,
    leases: Leases,
    say: (line: string) => void,
    guard: Guard = leases,
    readonly periods = new Periods(database),
  ) {
    this.place = database.address.place;
    this.#database = database;
    this.#leases = leases;
    this.#say = say;
    this.#guard = guard;
    this.#inventory = new Inventory(database, guard);
    this.#journal = new Journal(database, guard);
    this.#records = new Records(database, guard);
    this.#raw = new RawTier(database, periods, guard);
    this.#minutes = new FiveMinuteTier(database, periods, guard, this.#raw, say);
    this.#due = new DueDays(this.#records);
    this.#hours = new HourTier(database, periods, guard, this.#minutes, this.#raw, this.#due);
    this.#retainer = new Retainer(database, periods, this.#records, guard);
  }

  reserve(kind: "agent" | "task", count: number): Promise<number> {
    return this.#inventory.reserve(kind, count);
  }

  agents(units: readonly UnitKey[] | null): AsyncIterable<AgentRow> {
    return this.#inventory.agents(units);
  }

  tasks(units: readonly UnitKey[] | null): AsyncIterable<TaskRow> {
    return this.#inventory.tasks(units);
  }

  saveInventory(agents: readonly AgentRow[], tasks: readonly TaskRow[]): Promise<void> {
    return this.#inventory.save(agents, tasks);
  }

  search(words: readonly string[], units: readonly UnitKey[] | null, limit: number): Promise<TaskRow[]> {
    return this.#inventory.search(words, units, limit);
  }

  append(entries: readonly JournalEntry[]): Promise<number> {
    return this.#journal.append(entries);
  }

  replay(units: readonly UnitKey[] | null): AsyncIterable<ReplayedEntry> {
    return this.#journal.replay(units);
  }

  sealed(day: number): Promise<ReadonlyMap<number, number>> {
    return this.#raw.sealed(day);
  }

  seal(
    chunks: readonly SealedChunk[],
    sequence: number,
    epochs: ReadonlyMap<UnitKey, number>,
  ): Promise<void> {
    return this.#seals.do(() => this.#raw.seal(chunks, sequence, epochs));
  }

  forget(units: readonly UnitKey[] | null, sequence: number): Promise<void> {
    return this.#journal.forget(units, sequence);
  }

  chunks(agent: number, from: number, until: number): Promise<readonly StoredChunk[]> {
    return this.#raw.chunks(agent, from, until);
  }

  rolls(agent: number, from: number, until: number): Promise<readonly StoredRolls[]> {
    return this.#minutes.rolls(agent, from, until);
  }

  hours(unit: UnitKey, column: string, from: number, until: number): Promise<readonly HourColumn[]> {
    return this.#hours.hours(unit, column, from, until);
  }

  days(unit: UnitKey, column: string, from: number, until: number): Promise<readonly HourColumn[]> {
    return this.#hours.days(unit, column, from, until);
  }

  /** Of the units that this manager holds; of all where it holds none, and so is the only one. */
  makeHours(endedBefore: number, signal?: AbortSignal): Promise<{ unit: UnitKey; hour: number }[]> {
    return this.#jobs.do(() => this.#make(endedBefore, null, signal));
  }

  saveRuns(runs: readonly RunRow[]): Promise<void> {
    return this.#records.saveRuns(runs);
  }

  runs(query: RunQuery): Promise<readonly RunRow[]> {
    return this.#records.runs(query);
  }

  documents(collection: string): Promise<ReadonlyMap<string, unknown>> {
    return this.#records.documents(collection);
  }

  saveDocuments(collection: string, changes: ReadonlyMap<string, unknown>): Promise<void> {
    return this.#records.saveDocuments(collection, changes);
  }

  log(name: "audit" | "alerts", entries: readonly LogEntry[]): Promise<void> {
    return this.#records.log(name, entries);
  }

  readLog(name: "audit" | "alerts", query: LogQuery): Promise<readonly LogEntry[]> {
    return this.#records.readLog(name, query);
  }

  lease(unit: UnitKey, holder: string, ms: number): Promise<Lease | null> {
    return this.#leases.take(unit, holder, ms);
  }

  release(unit: UnitKey, holder: string): Promise<void> {
    return this.#leases.release(unit, holder);
  }

  prune(retention: Retention, now: number): Promise<readonly string[]> {
    return this.#jobs.do(() =>
      this.#retainer.prune(retention, now, async (day) => {
        try {
          await this.#make(Infinity, day);
        } catch (error) {
          this.#say(
            `hours of ${new Date(day).toISOString().slice(0, 10)} are not made: ${(error as Error).message}`,
          );
          // What cannot be read never can be; what cannot be reached can be later.
          return !(error instanceof ProctorError);
        }
        return !(await this.#raw.isDirty(day));
      })
    );
  }

  async use(): Promise<readonly TierUse[]> {
    return [
      ...await this.#retainer.use(),
      {
        tier: "runs",
        bytes: await this.#retainer.bytes("agent", "task", "run", "document", "log"),
        from: await this.#records.from(),
      },
      { tier: "journal", bytes: await this.#retainer.bytes("entry"), from: await this.#journal.from() },
    ];
  }

  backup(): Promise<void> {
    return Promise.reject(
      new ProctorError(
        "system",
        `${this.place} is copied by PostgreSQL's own tools: pg_dump --schema=proctor, or pg_basebackup`,
      ),
    );
  }

  /** What is under way is finished first; what is held is given back. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#jobs.do(() => this.#seals.do(() => {}));
    await this.#leases.close();
    await this.#database.close();
  }

  async #make(endedBefore: number, day: number | null, signal?: AbortSignal) {
    const made: { unit: UnitKey; hour: number }[] = [];
    const units = this.#guard.units();
    for (const dirty of await this.#raw.dirtyHours(endedBefore, units, day)) {
      await this.#hours.make(dirty, signal);
      made.push({ unit: dirty.unit, hour: dirty.hour });
    }
    await this.#due.make(
      endedBefore,
      (unit, due) => (day === null || due === day) && (units === null || units.includes(unit)),
      (unit, due) => this.#hours.makeDay(unit, due, signal),
      this.#say,
    );
    return made;
  }
}
