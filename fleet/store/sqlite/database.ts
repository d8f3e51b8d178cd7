import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { ProctorError } from "../../../core/error.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { demandRegularFile } from "../../../io/regular_file.ts";

/** What a file of ours holds. */
export interface Schema {
  /** The version of its tables; a newer one is not touched. */
  readonly version: number;
  readonly tables: string;
  /** The size of its pages: what is larger than a page leaves little unused where pages are small. */
  readonly pageBytes: number;
  /** Run on a file that takes the place of one that is damaged. */
  readonly renewed?: string;
}

/** A file that cannot be read any more, and never will be. */
export class DamagedFile extends ProctorError {
  constructor(readonly path: string, message: string, options: ErrorOptions) {
    super("system", message, options);
  }
}

/** What SQLite has beside a file, by the ends of their names. */
const OF_ONE_FILE = ["", "-wal", "-shm", "-journal"] as const;

/** "pfle": tells our files from those of other programs. */
const APPLICATION_ID = 0x70666c65;

/** Why SQLite refuses something, by the lowest byte of its code and by its message: Deno has no code at times. */
const REASONS: readonly (readonly [code: number, message: RegExp, reason: string])[] = [
  [5, /is locked/, "another process uses it"],
  [8, /readonly/, "it is read-only"],
  [10, /disk I\/O/, "the system cannot read or write it"],
  [11, /malformed/, "it is damaged"],
  [13, /is full/, "no space left on the device"],
  [14, /unable to open/, "it cannot be opened"],
  [26, /not a database/, "it is not a database"],
];
/** Codes of those that nothing helps against. */
const DAMAGE: readonly number[] = [11, 26];

/**
 * One file of the store. What is committed to it outlives a loss of power. It is ours alone while it is open, so that
 * no shared memory is needed, which a full disk could take away.
 */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(readonly path: string, connection: DatabaseSync) {
    this.#connection = connection;
  }

  /**
   * Open a file, made where it is missing, for us alone.
   * @throws ProctorError
   */
  static open(path: string, schema: Schema): Database {
    let connection: DatabaseSync | undefined;
    try {
      for (const tail of OF_ONE_FILE) demandFile(path + tail);
      // SQLite gives its other files the rights of this one.
      closeSync(openSync(path, "a", 0o600));
      connection = new DatabaseSync(path);
      connection.exec(
        `PRAGMA page_size = ${schema.pageBytes}; PRAGMA auto_vacuum = INCREMENTAL; ` +
          "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; " +
          "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY",
      );
      const database = new Database(path, connection);
      database.#prepare(schema);
      return database;
    } catch (error) {
      connection?.close();
      throw told("open", path, error);
    }
  }

  #prepare({ version, tables }: Schema): void {
    const found = Number(this.get("PRAGMA user_version")?.["user_version"]);
    if (found === version) return;
    if (found > version) {
      throw new ProctorError(
        "system",
        `${this.path} is of a newer proctor (version ${found} of its tables, not ${version}); use that one`,
      );
    }
    const other = this.get("SELECT name FROM sqlite_schema LIMIT 1")?.["name"];
    if (other !== undefined) throw new ProctorError("system", `${this.path} is not a file of proctor's`);
    this.transaction(() =>
      this.#connection.exec(
        `${tables}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}`,
      )
    );
  }

  /** Change something. @returns how many rows */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return this.#try(() => Number(this.#statement(sql).run(...values).changes));
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#try(() => this.#statement(sql).get(...values) as Row | undefined);
  }

  all(sql: string, ...values: readonly SQLInputValue[]): Row[] {
    return this.#try(() => this.#statement(sql).all(...values) as unknown as Row[]);
  }

  /** A statement that is run often. */
  prepared(sql: string): StatementSync {
    return this.#try(() => this.#statement(sql));
  }

  /** All of it or nothing. @throws ProctorError where it cannot be written */
  transaction<T>(change: () => T): T {
    return this.#try(() => {
      this.#connection.exec("BEGIN IMMEDIATE");
      try {
        const result = change();
        this.#connection.exec("COMMIT");
        return result;
      } catch (error) {
        // SQLite may have done so itself.
        if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** Write what is in the log of changes into the file itself, so that it is whole without the log. */
  checkpoint(): void {
    this.#try(() => this.#connection.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  /** Give room that is no longer used back to the disk, so many pages at most. @returns whether there is more */
  shrink(pages: number): boolean {
    this.#try(() => this.#connection.exec(`PRAGMA incremental_vacuum(${pages})`));
    return Number(this.get("PRAGMA freelist_count")!["freelist_count"]) > 0;
  }

  /** A copy of all that is in it now. */
  copyTo(path: string): void {
    closeSync(openSync(path, "ax", 0o600));
    this.run("VACUUM INTO ?", path);
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  /** It takes the place of one that is damaged. */
  renew({ renewed }: Schema): void {
    if (renewed !== undefined) this.#try(() => this.#connection.exec(renewed));
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#connection.prepare(sql));
    return statement;
  }

  #try<T>(what: () => T): T {
    try {
      return what();
    } catch (error) {
      throw told("use", this.path, error);
    }
  }
}

/** A row of a result, by column. */
export type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

/** @throws ProctorError where a file is none of those that can be opened without being held up */
function demandFile(path: string): void {
  try {
    demandRegularFile(path);
  } catch (error) {
    throw new ProctorError("system", `cannot open ${path}: ${reasonOf(error)}`);
  }
}

function told(verb: "open" | "use", path: string, error: unknown): unknown {
  const { errcode, code, message } = error as { errcode?: number; code?: string; message: string };
  if (error instanceof ProctorError) return error;
  const reason = REASONS.find(([of, words]) =>
    errcode === undefined ? words.test(message) : (errcode & 0xff) === of
  );
  const known = code === "EACCES" || code === "ENOSPC" || code === "EROFS" ? reasonOf(error) : undefined;
  const why = reason?.[2] ?? known ?? (errcode === undefined ? undefined : message);
  if (why === undefined) return error;
  const line = `cannot ${verb} ${path}: ${why}`;
  return reason !== undefined && DAMAGE.includes(reason[0])
    ? new DamagedFile(path, line, { cause: error })
    : new ProctorError("system", line, { cause: error });
}
