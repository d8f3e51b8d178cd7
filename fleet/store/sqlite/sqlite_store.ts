import { ProctorError } from "../../../core/error.ts";
import type { UnitKey } from "../../model/unit.ts";
import type {
  AgentRow,
  HourColumn,
  JournalEntry,
  Lease,
  LogEntry,
  LogQuery,
  ReplayedEntry,
} from "../contract.ts";
import type {
  Retention,
  RunQuery,
  RunRow,
  SealedChunk,
  Store,
  StoredChunk,
  StoredRolls,
} from "../contract.ts";
import type { TaskRow, TierUse } from "../contract.ts";
import { copyStore } from "./backup.ts";
import { FiveMinuteTier } from "./five_minute_tier.ts";
import { HourTier } from "./hour_tier.ts";
import { Inventory } from "./inventory.ts";
import type { Journal } from "./journal.ts";
import { fileBytes } from "./period_files.ts";
import { RawTier } from "./raw_tier.ts";
import { Records } from "./records.ts";
import { RAW_FROM } from "../old_periods.ts";
import { Retainer } from "./retention.ts";
import type { Tiers } from "./retention.ts";
import { DueDays } from "../due_days.ts";
import { Queue } from "../turn.ts";
import type { Database } from "./database.ts";

/** What a store in a directory consists of. */
export interface StoreParts {
  readonly place: string;
  readonly fleet: Database;
  readonly journal: Journal;
  readonly tiers: Tiers;
  /** Told of what is damaged. */
  say(line: string): void;
  /** Give the directory back. */
  release(): void;
}

/** A store in a directory of this machine, for one manager. Each call is done at once, but for those that take long. */
export class SqliteStore implements Store {
  readonly place: string;
  readonly #parts: StoreParts;
  readonly #inventory: Inventory;
  readonly #records: Records;
  readonly #raw: RawTier;
  readonly #minutes: FiveMinuteTier;
  readonly #hours: HourTier;
  readonly #due: DueDays;
  readonly #retainer: Retainer;
  /** What goes through many files: one at a time. */
  readonly #jobs = new Queue();
  /** What writes chunks, and what copies the files that they are in. */
  readonly #seals = new Queue();
  #rawFrom: number;
  #isClosed = false;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.place = parts.place;
    this.#inventory = new Inventory(parts.fleet);
    this.#records = new Records(parts.fleet);
    this.#raw = new RawTier(parts.tiers.raw);
    this.#minutes = new FiveMinuteTier(parts.tiers.fiveMinutes, this.#raw, parts.say);
    this.#due = new DueDays(this.#records);
    this.#hours = new HourTier(parts.tiers.hours, this.#minutes, this.#raw, this.#due);
    this.#retainer = new Retainer(parts.tiers, this.#records, this.#inventory);
    this.#rawFrom = this.#records.mark(RAW_FROM);
  }

  // deno-lint-ignore require-await
  async reserve(kind: "agent" | "task", count: number): Promise<number> {
    return this.#inventory.reserve(kind, count);
  }

  agents(units: readonly UnitKey[] | null): AsyncIterable<AgentRow> {
    return this.#inventory.agents(units);
  }

  tasks(units: readonly UnitKey[] | null): AsyncIterable<TaskRow> {
    return this.#inventory.tasks(units);
  }

  async saveInventory(agents: readonly AgentRow[], tasks: readonly TaskRow[]): Promise<void> {
    await this.#inventory.save(agents, tasks);
  }

  // deno-lint-ignore require-await
  async search(
    words: readonly string[],
    units: readonly UnitKey[] | null,
    limit: number,
  ): Promise<TaskRow[]> {
    return this.#inventory.search(words, units, limit);
  }

  // deno-lint-ignore require-await
  async append(entries: readonly JournalEntry[]): Promise<number> {
    return this.#parts.journal.append(entries);
  }

  replay(units: readonly UnitKey[] | null): AsyncIterable<ReplayedEntry> {
    return this.#parts.journal.replay(units);
  }

  // deno-lint-ignore require-await
  async sealed(day: number): Promise<ReadonlyMap<number, number>> {
    return this.#raw.sealed(day);
  }

  async seal(
    chunks: readonly SealedChunk[],
    sequence: number,
    epochs: ReadonlyMap<UnitKey, number>,
  ): Promise<void> {
    await this.#seals.do(() => {
      for (const [unit, epoch] of epochs) {
        if (epoch < this.#records.epoch(unit)) {
          throw new ProctorError("system", `${unit} has changed hands: another manager stores its messages`);
        }
      }
      this.#raw.seal(chunks.filter(({ until }) => until >= this.#rawFrom), sequence);
    });
  }

  async forget(units: readonly UnitKey[] | null, sequence: number): Promise<void> {
    await this.#parts.journal.forget(units, sequence);
  }

  // deno-lint-ignore require-await
  async chunks(agent: number, from: number, until: number): Promise<readonly StoredChunk[]> {
    return this.#raw.chunks(agent, from, until);
  }

  // deno-lint-ignore require-await
  async rolls(agent: number, from: number, until: number): Promise<readonly StoredRolls[]> {
    return this.#minutes.rolls(agent, from, until);
  }

  // deno-lint-ignore require-await
  async hours(unit: UnitKey, column: string, from: number, until: number): Promise<readonly HourColumn[]> {
    return this.#hours.hours(unit, column, from, until);
  }

  // deno-lint-ignore require-await
  async days(unit: UnitKey, column: string, from: number, until: number): Promise<readonly HourColumn[]> {
    return this.#hours.days(unit, column, from, until);
  }

  async makeHours(endedBefore: number, signal?: AbortSignal): Promise<{ unit: UnitKey; hour: number }[]> {
    return await this.#jobs.do(() => this.#make(endedBefore, undefined, signal));
  }

  // deno-lint-ignore require-await
  async saveRuns(runs: readonly RunRow[]): Promise<void> {
    this.#records.saveRuns(runs);
  }

  // deno-lint-ignore require-await
  async runs(query: RunQuery): Promise<readonly RunRow[]> {
    return this.#records.runs(query);
  }

  // deno-lint-ignore require-await
  async documents(collection: string): Promise<ReadonlyMap<string, unknown>> {
    return this.#records.documents(collection);
  }

  // deno-lint-ignore require-await
  async saveDocuments(collection: string, changes: ReadonlyMap<string, unknown>): Promise<void> {
    this.#records.saveDocuments(collection, changes);
  }

  // deno-lint-ignore require-await
  async log(name: "audit" | "alerts", entries: readonly LogEntry[]): Promise<void> {
    this.#records.log(name, entries);
  }

  // deno-lint-ignore require-await
  async readLog(name: "audit" | "alerts", query: LogQuery): Promise<readonly LogEntry[]> {
    return this.#records.readLog(name, query);
  }

  // deno-lint-ignore require-await
  async lease(unit: UnitKey): Promise<Lease> {
    return this.#records.lease(unit);
  }

  // deno-lint-ignore require-await
  async release(unit: UnitKey): Promise<void> {
    this.#records.release(unit);
  }

  async prune(retention: Retention, now: number): Promise<readonly string[]> {
    return await this.#jobs.do(async () => {
      const removed = await this.#retainer.prune(retention, now, async (key) => {
        await this.#make(Infinity, key).catch((error) =>
          this.#parts.say(`hours of ${key} are not made: ${error.message}`)
        );
      });
      this.#rawFrom = this.#records.mark(RAW_FROM);
      return removed;
    });
  }

  // deno-lint-ignore require-await
  async use(): Promise<readonly TierUse[]> {
    const { fleet, journal } = this.#parts;
    return [
      ...this.#retainer.use(),
      { tier: "runs", bytes: fileBytes(fleet.path), from: this.#records.from() },
      { tier: "journal", bytes: fileBytes(journal.database.path), from: journal.from() },
    ];
  }

  async backup(directory: string): Promise<void> {
    const { fleet, journal, tiers } = this.#parts;
    await this.#jobs.do(() => copyStore(directory, { fleet, journal: journal.database, tiers }, this.#seals));
  }

  /** What is under way is finished first. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#jobs.do(() => this.#seals.do(() => {}));
    const { fleet, journal, tiers, release } = this.#parts;
    for (const part of [journal.database, tiers.raw, tiers.fiveMinutes, tiers.hours, fleet]) part.close();
    release();
  }

  async #make(endedBefore: number, key?: string, signal?: AbortSignal) {
    const made: { unit: UnitKey; hour: number }[] = [];
    for (const dirty of this.#raw.dirtyHours(endedBefore, key)) {
      await this.#hours.make(dirty, signal);
      made.push({ unit: dirty.unit, hour: dirty.hour });
    }
    const { tiers, say } = this.#parts;
    const isOf = (_: UnitKey, day: number) => key === undefined || tiers.raw.keyOf(day) === key;
    await this.#due.make(endedBefore, isOf, (unit, day) => this.#hours.makeDay(unit, day, signal), say);
    if (made.length > 0) await this.#raw.shrink(endedBefore);
    return made;
  }
}
