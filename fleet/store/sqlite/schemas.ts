import type { Schema } from "./database.ts";

/** What the fleet consists of, what has run, and what people have set. */
export const FLEET: Schema = {
  version: 1,
  pageBytes: 4_096,
  tables: `
    CREATE TABLE counter (name TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE agent (
      id INTEGER PRIMARY KEY, unit TEXT NOT NULL, proplet_id TEXT NOT NULL, agent_id TEXT, host TEXT, os TEXT,
      version TEXT, boot_id TEXT, labels TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
      presence TEXT NOT NULL, presence_since INTEGER NOT NULL, words TEXT NOT NULL
    );
    CREATE TABLE task (
      id INTEGER PRIMARY KEY, agent INTEGER NOT NULL, task_id TEXT NOT NULL, target TEXT, name TEXT,
      labels TEXT NOT NULL, first_seen INTEGER NOT NULL, last_time INTEGER NOT NULL, state TEXT NOT NULL,
      state_since INTEGER NOT NULL, run_since INTEGER NOT NULL, last TEXT, words TEXT NOT NULL
    );
    CREATE TABLE run (
      task INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL, state TEXT NOT NULL, error TEXT,
      figures TEXT NOT NULL, quality TEXT NOT NULL, PRIMARY KEY (task, started)
    ) WITHOUT ROWID;
    CREATE INDEX run_ended ON run (ended);
    CREATE TABLE document (
      collection TEXT NOT NULL, name TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (collection, name)
    ) WITHOUT ROWID;
    CREATE TABLE log (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL, unit TEXT, text TEXT NOT NULL, detail TEXT
    );
    CREATE INDEX log_at ON log (name, at);
    CREATE TABLE lease (unit TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID`,
};

/**
 * Messages that may not be in chunks yet. Every page is written twice, by a call each: with pages of 4 KiB that takes
 * half as much CPU again.
 */
export const JOURNAL: Schema = {
  version: 1,
  pageBytes: 16_384,
  tables: `
    CREATE TABLE entry (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT, unit TEXT NOT NULL, topic TEXT NOT NULL,
      received_at INTEGER NOT NULL, payload BLOB NOT NULL, is_retained INTEGER NOT NULL
    )`,
};

/**
 * A day of samples. A part has the rolls of a chunk until each of its hours is made: `dirty` tells of an agent and
 * hour which part has told of it last.
 */
export const RAW: Schema = {
  version: 1,
  pageBytes: 1_024,
  // Hours that are made know the last part that is in them: numbers go on above all that there were.
  renewed:
    "INSERT INTO sqlite_sequence (name, seq) VALUES ('part', 1000 * CAST(strftime('%s', 'now') AS INTEGER))",
  tables: `
    CREATE TABLE chunk (
      id INTEGER PRIMARY KEY, agent INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
      count INTEGER NOT NULL, data BLOB NOT NULL
    );
    CREATE INDEX chunk_agent ON chunk (agent, first, last);
    CREATE TABLE part (
      id INTEGER PRIMARY KEY AUTOINCREMENT, agent INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
      data BLOB NOT NULL
    );
    CREATE INDEX part_agent ON part (agent, first, last);
    CREATE TABLE sealed (agent INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
    CREATE TABLE dirty (
      hour INTEGER NOT NULL, unit TEXT NOT NULL, agent INTEGER NOT NULL, part INTEGER NOT NULL,
      PRIMARY KEY (hour, unit, agent)
    ) WITHOUT ROWID;
    CREATE INDEX dirty_agent ON dirty (agent, hour)`,
};

/** A month of rolls in buckets of five minutes: what they are of, and up to which part of the day. */
export const FIVE_MINUTES: Schema = {
  version: 1,
  pageBytes: 1_024,
  tables: `
    CREATE TABLE roll (
      id INTEGER PRIMARY KEY, agent INTEGER NOT NULL, hour INTEGER NOT NULL, unit TEXT NOT NULL,
      part INTEGER NOT NULL, names TEXT NOT NULL, data BLOB NOT NULL
    );
    CREATE UNIQUE INDEX roll_agent ON roll (agent, hour);
    CREATE INDEX roll_unit ON roll (hour, unit, agent)`,
};

/** A year of hours: a column of all tasks of a unit each. */
export const HOURS: Schema = {
  version: 1,
  pageBytes: 16_384,
  tables: `
    CREATE TABLE hour (
      id INTEGER PRIMARY KEY, unit TEXT NOT NULL, name TEXT NOT NULL, hour INTEGER NOT NULL, data BLOB NOT NULL
    );
    CREATE UNIQUE INDEX hour_name ON hour (unit, name, hour)`,
};
