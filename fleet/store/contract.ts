import type { Roll } from "../model/view.ts";
import type { UnitKey } from "../model/unit.ts";

/*
 * What a store of the fleet has to offer: an embedded one in a directory, and one that managers share. All times are
 * ms since 1970, all promises are kept when the change would outlive a loss of power.
 */

/** A message as it came, kept until what it tells is in chunks. */
export interface JournalEntry {
  readonly unit: UnitKey;
  readonly topic: string;
  readonly receivedAt: number;
  readonly payload: Uint8Array;
  /** Whether the broker had kept it. */
  readonly isRetained: boolean;
}

/** An entry that is read back after a restart. */
export interface ReplayedEntry extends JournalEntry {
  readonly sequence: number;
}

/** An agent as it is stored. */
export interface AgentRow {
  readonly id: number;
  readonly unit: UnitKey;
  readonly propletId: string;
  readonly agentId: string | null;
  readonly host: string | null;
  readonly os: string | null;
  readonly version: string | null;
  readonly bootId: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly presence: string;
  readonly presenceSince: number;
}

/** A task as it is stored; that of the host itself has an empty `taskId`. */
export interface TaskRow {
  readonly id: number;
  readonly agent: number;
  readonly taskId: string;
  readonly target: string | null;
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly firstSeen: number;
  readonly lastTime: number;
  readonly state: string;
  readonly stateSince: number;
  readonly runSince: number;
  /** The figures of its last sample by name, so that counters go on after a restart; null: none. */
  readonly last: Readonly<Record<string, number>> | null;
}

/** A run of a task that has ended: its exact totals, kept for years. */
export interface RunRow {
  readonly task: number;
  readonly started: number;
  readonly ended: number;
  readonly state: "ended" | "stopped" | "lost";
  readonly error: string | null;
  /** Totals of counters, and the highest values of gauges as `max_NAME`, by name. */
  readonly figures: Readonly<Record<string, number>>;
  /** How well these are known, by quantity, such as { cpu: "exact" }. */
  readonly quality: Readonly<Record<string, string>>;
}

/** What was sampled of all tasks of an agent over a stretch of time, and the same in buckets of five minutes. */
export interface SealedChunk {
  readonly agent: number;
  readonly unit: UnitKey;
  /** Time of the first sample; all of them are of one day (UTC). */
  readonly from: number;
  readonly until: number;
  /** Samples in it. */
  readonly count: number;
  /** By `fleet/chunk/`. */
  readonly data: Uint8Array;
  /** By `fleet/chunk/`: its rolls. */
  readonly rolls: Uint8Array;
}

/** A chunk that is read back. */
export interface StoredChunk {
  readonly from: number;
  readonly until: number;
  readonly data: Uint8Array;
}

/** Rolls of all tasks of an agent that are read back: parts of one bucket may be in several of them, and add up. */
export interface StoredRolls {
  readonly from: number;
  readonly until: number;
  readonly data: Uint8Array;
}

/** One column of an hour, of all tasks of a unit. */
export interface HourColumn {
  /** Start of the hour. */
  readonly hour: number;
  readonly rolls: Iterable<readonly [task: number, roll: Roll]> & {
    /** A field of every task, where the store has them so: the same places of all arrays are of the same task. */
    field?(name: "task" | keyof Roll): Float64Array;
  };
}

/** How long, and how much at most, each tier is kept. */
export interface Retention {
  readonly raw: { readonly days: number; readonly bytes: number | null };
  readonly fiveMinutes: { readonly days: number; readonly bytes: number | null };
  readonly hours: { readonly days: number; readonly bytes: number | null };
  readonly runs: { readonly days: number };
}

/** What a tier takes, and from when on there is something in it. */
export interface TierUse {
  readonly tier: "raw" | "fiveMinutes" | "hours" | "runs" | "journal";
  readonly bytes: number;
  readonly from: number | null;
  /** Of what consists of periods: when the newest ends. */
  readonly until?: number | null;
}

/** A line of what people and rules have done; it is never changed. */
export interface LogEntry {
  readonly at: number;
  readonly unit: UnitKey | null;
  readonly text: string;
  readonly detail: unknown;
}

/** Which entries of a log are wanted. */
export interface LogQuery {
  readonly from?: number;
  readonly until?: number;
  readonly units?: readonly UnitKey[];
  /** Newest first. */
  readonly limit: number;
}

/** Which finished runs are wanted. */
export interface RunQuery {
  readonly task?: number;
  readonly units?: readonly UnitKey[];
  readonly from: number;
  readonly until: number;
  /** The figure to order by, most first; without it the newest first. */
  readonly by?: string;
  readonly limit: number;
}

/** A right to a unit, that one manager has at a time. */
export interface Lease {
  readonly unit: UnitKey;
  /** Grows with every change of hands: what an earlier holder still writes cannot replace what a later one has. */
  readonly epoch: number;
}

/** Where a fleet is kept. */
export interface Store {
  /** Where it is, without a password: for people. */
  readonly place: string;

  /** Numbers that no agent, or task, has yet: the first of so many in a row. */
  reserve(kind: "agent" | "task", count: number): Promise<number>;
  agents(units: readonly UnitKey[] | null): AsyncIterable<AgentRow>;
  tasks(units: readonly UnitKey[] | null): AsyncIterable<TaskRow>;
  saveInventory(agents: readonly AgentRow[], tasks: readonly TaskRow[]): Promise<void>;
  /** Tasks and agents with all of these words somewhere in their names and labels, those heard of last first. */
  search(
    words: readonly string[],
    units: readonly UnitKey[] | null,
    limit: number,
  ): Promise<readonly TaskRow[]>;

  /** @returns the sequence number of the last entry; those of the others go before it, in order */
  append(entries: readonly JournalEntry[]): Promise<number>;
  /** The entries of units that may not be in chunks yet, in order. */
  replay(units: readonly UnitKey[] | null): AsyncIterable<ReplayedEntry>;
  /** Of a day (UTC, its start), by agent: the last sequence number whose samples are in its chunks. */
  sealed(day: number): Promise<ReadonlyMap<number, number>>;
  /** Store chunks that hold everything of their agents up to a sequence number; all of it or nothing, per day. */
  seal(chunks: readonly SealedChunk[], sequence: number, epochs: ReadonlyMap<UnitKey, number>): Promise<void>;
  /** Everything of these units up to the sequence number is sealed: their entries of the journal can go. */
  forget(units: readonly UnitKey[] | null, sequence: number): Promise<void>;

  chunks(agent: number, from: number, until: number): Promise<readonly StoredChunk[]>;
  rolls(agent: number, from: number, until: number): Promise<readonly StoredRolls[]>;
  hours(unit: UnitKey, column: string, from: number, until: number): Promise<readonly HourColumn[]>;
  /**
   * The same of whole days (UTC) that begin in a range, as far as there are such: all hours of a day in one, whose
   * `hour` is the start of the day. Of a day that is not made yet the hours tell as much.
   */
  days(unit: UnitKey, column: string, from: number, until: number): Promise<readonly HourColumn[]>;
  /**
   * Make the hours of what was sealed since, and of what came late, that had ended before a time. It works in steps
   * between which others have a turn.
   * @returns the hours that are made: they need no longer be kept in memory
   */
  makeHours(endedBefore: number, signal?: AbortSignal): Promise<readonly { unit: UnitKey; hour: number }[]>;

  saveRuns(runs: readonly RunRow[]): Promise<void>;
  runs(query: RunQuery): Promise<readonly RunRow[]>;

  /** Small documents of a collection such as "rules", as JSON. */
  documents(collection: string): Promise<ReadonlyMap<string, unknown>>;
  /** Write documents, and remove those that are null; all of it or nothing. */
  saveDocuments(collection: string, changes: ReadonlyMap<string, unknown>): Promise<void>;
  log(name: "audit" | "alerts", entries: readonly LogEntry[]): Promise<void>;
  readLog(name: "audit" | "alerts", query: LogQuery): Promise<readonly LogEntry[]>;

  /** Take or keep a unit, for so long; null where another has it. */
  lease(unit: UnitKey, holder: string, ms: number): Promise<Lease | null>;
  release(unit: UnitKey, holder: string): Promise<void>;

  /** Remove what is older, or more, than is to be kept. @returns what was removed, in words; empty for nothing */
  prune(retention: Retention, now: number): Promise<readonly string[]>;
  use(): Promise<readonly TierUse[]>;
  /** A copy that can be opened as a store, made while this one is in use. @throws ProctorError where it has none */
  backup(directory: string): Promise<void>;
  close(): Promise<void>;
}
