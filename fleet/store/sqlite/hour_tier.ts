import { HourRolls } from "../../chunk/hour_rolls.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { HourColumn } from "../contract.ts";
import { DAY, packedDay } from "../day_columns.ts";
import type { DueDays } from "../due_days.ts";
import { COLUMNS_AT_ONCE, HourColumns } from "../hour_columns.ts";
import type { DirtyHour } from "../parts.ts";
import type { FiveMinuteTier, TakenRow } from "./five_minute_tier.ts";
import { DAY_MS, dayOf, hourOf } from "../hour_of.ts";
import type { PeriodFiles } from "./period_files.ts";
import type { RawTier } from "./raw_tier.ts";
import { Turns } from "../turn.ts";

/** Agents whose parts are taken in, and stored in one transaction: each costs as much as taking in of one agent. */
const TAKEN_AT_ONCE = 50;
/** Agents read at a time. */
const STEP = 10;
/** After all names of days. */
const AFTER_DAY = "day!";

/** What each task of a unit has used in an hour, column by column, a file a year. */
export class HourTier {
  constructor(
    readonly files: PeriodFiles,
    readonly minutes: FiveMinuteTier,
    readonly raw: RawTier,
    readonly due: DueDays,
  ) {}

  hours(unit: UnitKey, column: string, from: number, until: number): HourColumn[] {
    return this.#rows(unit, column, from, until);
  }

  /** Days as a whole, where they are made. */
  days(unit: UnitKey, column: string, from: number, until: number): HourColumn[] {
    return this.#rows(unit, DAY + column, from, until);
  }

  /** Make a day of the hours that there are of it: who asks for months need not read each hour of them. */
  async makeDay(unit: UnitKey, day: number, signal?: AbortSignal): Promise<void> {
    const sql = "SELECT DISTINCT name FROM hour WHERE unit = ? AND hour BETWEEN ? AND ?";
    const key = this.files.keyOf(day);
    if (!this.files.has(key)) return;
    const names = this.files.at(key).all(sql, unit, day, day + DAY_MS - 1)
      .map((row) => row["name"] as string);
    const hours = (name: string, from: number, until: number) => this.hours(unit, name, from, until);
    for await (const [name, data] of packedDay(day, names, hours, new Turns(), signal)) {
      this.#store(unit, day, name, data);
    }
  }

  #rows(unit: UnitKey, name: string, from: number, until: number): HourColumn[] {
    return this.files.keysOf(hourOf(from), until).flatMap((key) =>
      this.files.at(key).all(
        "SELECT hour, data FROM hour WHERE unit = ? AND name = ? AND hour BETWEEN ? AND ? ORDER BY hour",
        unit,
        name,
        hourOf(from),
        until,
      ).map((row) => ({ hour: row["hour"] as number, rolls: new HourRolls(row["data"] as Uint8Array) }))
    );
  }

  /** Make what is to be made of an hour. It may be done again, whenever it was interrupted. */
  async make(dirty: DirtyHour, signal?: AbortSignal): Promise<void> {
    const { unit, hour } = dirty;
    const turns = new Turns();
    const parts = new Map<number, number>();
    for (let at = 0; at < dirty.agents.length; at += TAKEN_AT_ONCE) {
      const rows: TakenRow[] = [];
      for (const agent of dirty.agents.slice(at, at + TAKEN_AT_ONCE)) {
        const { part, row } = this.minutes.taken(hour, agent);
        parts.set(agent, part);
        if (row) rows.push(row);
        await turns.take(signal);
      }
      this.minutes.put(unit, hour, rows);
    }
    await this.due.note(unit, hour);
    this.#forgetDay(unit, dayOf(hour));
    const names = this.minutes.names(unit, hour);
    for (let at = 0; at < names.length; at += COLUMNS_AT_ONCE) {
      const columns = new HourColumns(names.slice(at, at + COLUMNS_AT_ONCE));
      await this.#gather(unit, hour, columns, turns, signal);
      for await (const [name, data] of columns.packed(turns, signal)) this.#store(unit, hour, name, data);
    }
    await this.raw.clean(dirty, parts, turns);
  }

  async #gather(unit: UnitKey, hour: number, columns: HourColumns, turns: Turns, signal?: AbortSignal) {
    for (let after = -1;;) {
      const page = this.minutes.page(unit, hour, after, STEP);
      for (const { data } of page) {
        columns.add(data);
        await turns.take(signal);
      }
      if (page.length < STEP) return;
      after = page.at(-1)!.agent;
    }
  }

  /** Of a day of which an hour changes nothing is known as a whole. */
  #forgetDay(unit: UnitKey, day: number): void {
    const sql = "DELETE FROM hour WHERE unit = ? AND hour = ? AND name >= ? AND name < ?";
    this.files.use(this.files.keyOf(day), (database) => database.run(sql, unit, day, DAY, AFTER_DAY));
  }

  #store(unit: UnitKey, hour: number, name: string, data: Uint8Array): void {
    const sql = "INSERT OR REPLACE INTO hour (unit, name, hour, data) VALUES (?, ?, ?, ?)";
    this.files.use(this.files.keyOf(hour), (database) => database.run(sql, unit, name, hour, data));
  }
}
