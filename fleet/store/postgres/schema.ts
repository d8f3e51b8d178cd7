import { ProctorError } from "../../../core/error.ts";
import type { Database } from "./database.ts";

/** The version of the tables; newer ones are not touched. */
const VERSION = 2;
/** From this on a server has all that is used. */
const LEAST_SERVER = 150_000;
/** "pfle": whoever makes or changes tables has this lock. */
export const SCHEMA_LOCK = 0x70666c65;

/** What is stored of a day, a month or a year is in a partition of each of these, which goes as a whole. */
const TABLES = `
  CREATE TABLE version (version integer NOT NULL);
  INSERT INTO version VALUES (1);
  CREATE TABLE period (
    tier text NOT NULL, key text NOT NULL, first bigint NOT NULL, PRIMARY KEY (tier, key)
  );
  CREATE TABLE counter (name text PRIMARY KEY, next bigint NOT NULL);
  INSERT INTO counter VALUES ('raw_from', 0);
  CREATE TABLE agent (
    id bigint PRIMARY KEY, unit text NOT NULL, proplet_id text NOT NULL, agent_id text, host text, os text,
    version text, boot_id text, labels text NOT NULL, first_seen double precision NOT NULL,
    last_seen double precision NOT NULL, presence text NOT NULL, presence_since double precision NOT NULL,
    words text NOT NULL
  );
  CREATE TABLE task (
    id bigint PRIMARY KEY, agent bigint NOT NULL, task_id text NOT NULL, target text, name text,
    labels text NOT NULL, first_seen double precision NOT NULL, last_time double precision NOT NULL,
    state text NOT NULL, state_since double precision NOT NULL, run_since double precision NOT NULL, last text,
    words text NOT NULL
  );
  CREATE INDEX task_agent ON task (agent);
  CREATE TABLE run (
    task bigint NOT NULL, started double precision NOT NULL, ended double precision NOT NULL, state text NOT NULL,
    error text, figures json NOT NULL, quality json NOT NULL, PRIMARY KEY (task, started)
  );
  CREATE INDEX run_ended ON run (ended);
  CREATE TABLE document (
    collection text NOT NULL, name text NOT NULL, content text NOT NULL, PRIMARY KEY (collection, name)
  );
  CREATE TABLE log (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text NOT NULL, at double precision NOT NULL,
    unit text, text text NOT NULL, detail text NOT NULL
  );
  CREATE INDEX log_at ON log (name, at);
  CREATE TABLE lease (
    unit text PRIMARY KEY, epoch bigint NOT NULL, holder text NOT NULL, ends timestamptz NOT NULL, UNIQUE (unit, epoch)
  );
  CREATE SEQUENCE entry_sequence;
  CREATE TABLE entry (
    sequence bigint PRIMARY KEY DEFAULT nextval('entry_sequence'), unit text NOT NULL, topic text NOT NULL,
    received_at double precision NOT NULL, payload bytea NOT NULL, is_retained boolean NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
  ALTER TABLE entry ALTER payload SET STORAGE EXTERNAL;

  CREATE SEQUENCE chunk_id;
  CREATE TABLE chunk (
    period bigint NOT NULL, id bigint NOT NULL DEFAULT nextval('chunk_id'), agent bigint NOT NULL,
    first double precision NOT NULL, last double precision NOT NULL, count integer NOT NULL, data bytea NOT NULL
  ) PARTITION BY LIST (period);
  ALTER TABLE chunk ALTER data SET STORAGE EXTERNAL;
  CREATE INDEX chunk_agent ON chunk (agent, first, last);
  CREATE SEQUENCE part_id;
  CREATE TABLE part (
    period bigint NOT NULL, id bigint NOT NULL DEFAULT nextval('part_id'), unit text NOT NULL,
    agent bigint NOT NULL, first double precision NOT NULL, last double precision NOT NULL, data bytea NOT NULL
  ) PARTITION BY LIST (period);
  ALTER TABLE part ALTER data SET STORAGE EXTERNAL;
  CREATE INDEX part_agent ON part (agent, first, last);
  CREATE TABLE sealed (
    period bigint NOT NULL, agent bigint NOT NULL, sequence bigint NOT NULL, PRIMARY KEY (period, agent)
  ) PARTITION BY LIST (period);
  CREATE TABLE dirty (
    period bigint NOT NULL, hour bigint NOT NULL, unit text NOT NULL, agent bigint NOT NULL, part bigint NOT NULL,
    PRIMARY KEY (period, hour, unit, agent)
  ) PARTITION BY LIST (period);
  CREATE INDEX dirty_agent ON dirty (agent, hour);
  CREATE TABLE roll (
    period bigint NOT NULL, agent bigint NOT NULL, hour bigint NOT NULL, unit text NOT NULL, part bigint NOT NULL,
    names text NOT NULL, data bytea NOT NULL, PRIMARY KEY (period, agent, hour)
  ) PARTITION BY LIST (period);
  ALTER TABLE roll ALTER data SET STORAGE EXTERNAL;
  CREATE INDEX roll_unit ON roll (hour, unit, agent);
  CREATE TABLE hour (
    period bigint NOT NULL, unit text NOT NULL, name text NOT NULL, hour bigint NOT NULL, data bytea NOT NULL,
    PRIMARY KEY (period, unit, name, hour)
  ) PARTITION BY LIST (period);
  ALTER TABLE hour ALTER data SET STORAGE EXTERNAL;
`;

/** Units that managers share out, how far each is sealed, and who is there to have some. */
const SHARED_TABLES = `
  ALTER TABLE version ADD COLUMN store text NOT NULL DEFAULT gen_random_uuid()::text;
  CREATE TABLE unit (
    name text PRIMARY KEY, sealed bigint NOT NULL DEFAULT 0
  );
  INSERT INTO unit (name) SELECT DISTINCT unit FROM agent;
  CREATE TABLE manager (name text PRIMARY KEY, ends timestamptz NOT NULL, report text NOT NULL);
  CREATE INDEX entry_unit ON entry (unit, sequence);
  CREATE INDEX agent_name ON agent (unit, proplet_id);
  UPDATE version SET version = 2;
`;

/**
 * Make the tables where there are none. Managers that start at once wait for the first of them.
 * @throws ProctorError where the server, or what is in it, is not fit
 */
export async function prepare(database: Database): Promise<void> {
  const { place } = database.address;
  const refuse = (why: string) => new ProctorError("system", `cannot use ${place}: ${why}`);
  const [server] = await database.all(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name, " +
      "current_setting('server_encoding') AS encoding",
  );
  if (server!["number"] as number < LEAST_SERVER) {
    throw refuse(`it is PostgreSQL ${server!["name"]}; 15 is the least`);
  }
  if (server!["encoding"] !== "UTF8") {
    throw refuse(
      `its encoding is ${server!["encoding"]}; make one by createdb --encoding=UTF8 --template=template0`,
    );
  }
  if (!(await hasTables(database))) {
    // All of it is one transaction.
    await database.script(
      `SELECT pg_advisory_xact_lock(${SCHEMA_LOCK}); DO $make$ BEGIN ` +
        "IF to_regnamespace('proctor') IS NULL THEN CREATE SCHEMA proctor; END IF; " +
        `IF to_regclass('proctor.version') IS NULL THEN ${TABLES} END IF; END $make$`,
    );
  }
  if (await versionOf(database) === 1) {
    await database.script(
      `SELECT pg_advisory_xact_lock(${SCHEMA_LOCK}); DO $make$ BEGIN ` +
        `IF (SELECT version FROM version) = 1 THEN ${SHARED_TABLES} END IF; END $make$`,
    );
  }
  const version = await versionOf(database);
  if (version === undefined || version < VERSION) throw refuse("its schema proctor is not of ours");
  if (version > VERSION) {
    throw refuse(`its tables are of a newer proctor (version ${version}, not ${VERSION}); use that one`);
  }
}

async function versionOf(database: Database): Promise<number | undefined> {
  const [row] = await database.all("SELECT version FROM version");
  return row?.["version"] as number | undefined;
}

async function hasTables(database: Database): Promise<boolean> {
  const [row] = await database.all("SELECT to_regclass('proctor.version') IS NOT NULL AS is");
  return row!["is"] as boolean;
}
