import { existsSync, readdirSync, renameSync, statSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { DamagedFile, Database } from "./database.ts";
import type { Schema } from "./database.ts";
import { endOf, isKey, keyOf, startOf } from "../period.ts";
import type { Period } from "../period.ts";

const END = ".db";
/** What SQLite puts beside a file. */
const BESIDE = ["-wal", "-shm", "-journal"];
/** Files that are open at a time: what is asked about is the newest ones nearly always. */
const MAX_OPEN = 24;

/** The files of a tier, one a day, month or year (UTC): what is too old goes by removing whole files. */
export class PeriodFiles {
  readonly #open = new Map<string, Database>();
  readonly #keys: Set<string>;

  /** @param say is told of what is damaged */
  constructor(
    readonly directory: string,
    readonly period: Period,
    readonly schema: Schema,
    readonly say: (line: string) => void,
  ) {
    this.#keys = new Set(
      readdirSync(directory)
        .filter((name) => name.endsWith(END))
        .map((name) => name.slice(0, -END.length))
        .filter((key) => isKey(period, key)),
    );
  }

  /** Of all files, oldest first. */
  keys(): string[] {
    return [...this.#keys].sort();
  }

  /** Of those files that have something of a stretch of time, oldest first. */
  keysOf(from: number, until: number): string[] {
    return this.keys().filter((key) => endOf(key) > from && startOf(key) <= until);
  }

  keyOf(time: number): string {
    return keyOf(this.period, time);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** A file, made where it is missing. */
  at(key: string): Database {
    let database = this.#open.get(key);
    if (database) {
      this.#open.delete(key);
    } else {
      database = Database.open(this.pathOf(key), this.schema);
      this.#keys.add(key);
    }
    this.#open.set(key, database);
    if (this.#open.size > MAX_OPEN) {
      const [oldest] = this.#open.keys();
      this.#open.get(oldest!)!.close();
      this.#open.delete(oldest!);
    }
    return database;
  }

  /**
   * Do something with a file that has to go on: one that is damaged is set aside, and another takes its place.
   * @throws ProctorError where it cannot be written
   */
  use<T>(key: string, what: (database: Database) => T): T {
    try {
      return what(this.at(key));
    } catch (error) {
      if (!(error instanceof DamagedFile) || error.path !== this.pathOf(key)) throw error;
      this.#setAside(key, error);
      return what(this.at(key));
    }
  }

  #setAside(key: string, { message }: DamagedFile): void {
    const path = this.pathOf(key);
    this.#open.get(key)?.close();
    this.#open.delete(key);
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    let aside = `${path}.damaged-${time}`;
    for (let n = 2; existsSync(aside); n++) aside = `${path}.damaged-${time}-${n}`;
    for (const end of [...BESIDE, ""]) if (existsSync(path + end)) renameSync(path + end, aside + end);
    this.say(`${message}; it is set aside as ${basename(aside)}, and what it has is missed from now on`);
    this.at(key).renew(this.schema);
  }

  /** What files take, all of them together or one. */
  bytes(key?: string): number {
    return (key === undefined ? this.keys() : [key]).reduce((sum, of) => sum + fileBytes(this.pathOf(of)), 0);
  }

  remove(key: string): void {
    this.#open.get(key)?.close();
    this.#open.delete(key);
    const path = this.pathOf(key);
    for (const end of [...BESIDE, ""]) if (existsSync(path + end)) unlinkSync(path + end);
    this.#keys.delete(key);
  }

  close(): void {
    for (const database of this.#open.values()) database.close();
    this.#open.clear();
  }

  pathOf(key: string): string {
    return join(this.directory, `${key}${END}`);
  }
}

/** What a file of a database takes, and what is beside it. */
export function fileBytes(path: string): number {
  return ["", ...BESIDE].reduce(
    (sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
