import { HourRolls } from "../../chunk/hour_rolls.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { HourColumn } from "../contract.ts";
import { DAY, packedDay } from "../day_columns.ts";
import type { DueDays } from "../due_days.ts";
import { COLUMNS_AT_ONCE, HourColumns } from "../hour_columns.ts";
import { DAY_MS, dayOf, hourOf } from "../hour_of.ts";
import type { DirtyHour } from "../parts.ts";
import { Turns } from "../turn.ts";
import type { Database } from "./database.ts";
import type { FiveMinuteTier } from "./five_minute_tier.ts";
import type { Guard } from "./leases.ts";
import type { Periods } from "./periods.ts";
import type { RawTier } from "./raw_tier.ts";

/** Agents whose parts are taken in, or are done with, in one transaction. */
const TAKEN_AT_ONCE = 20;
/** Agents read at a time. */
const STEP = 50;

/** What each task of a unit has used in an hour, column by column, a partition a year. */
export class HourTier {
  constructor(
    readonly database: Database,
    readonly periods: Periods,
    readonly leases: Guard,
    readonly minutes: FiveMinuteTier,
    readonly raw: RawTier,
    readonly due: DueDays,
  ) {}

  hours(unit: UnitKey, column: string, from: number, until: number): Promise<HourColumn[]> {
    return this.#rows(unit, column, from, until);
  }

  /** Days as a whole, where they are made. */
  days(unit: UnitKey, column: string, from: number, until: number): Promise<HourColumn[]> {
    return this.#rows(unit, DAY + column, from, until);
  }

  /** Make a day of the hours that there are of it: who asks for months need not read each hour of them. */
  async makeDay(unit: UnitKey, day: number, signal?: AbortSignal): Promise<void> {
    const names = await this.database.all(
      "SELECT DISTINCT name FROM hour WHERE period = $1 AND unit = $2 AND hour BETWEEN $3 AND $4",
      ...[this.periods.at("hours", day), unit, day, day + DAY_MS - 1],
    );
    const hours = (name: string, from: number, until: number) => this.hours(unit, name, from, until);
    const columns = names.map((row) => row["name"] as string);
    for await (const [name, data] of packedDay(day, columns, hours, new Turns(), signal)) {
      await this.#store(unit, day, name, data);
    }
  }

  async #rows(unit: UnitKey, name: string, from: number, until: number): Promise<HourColumn[]> {
    const rows = await this.database.all(
      "SELECT hour, data FROM hour WHERE period BETWEEN $1 AND $2 AND unit = $3 AND name = $4 " +
        "AND hour BETWEEN $5::float8 AND $6::float8 ORDER BY hour",
      ...[this.periods.at("hours", hourOf(from)), this.periods.at("hours", until)],
      ...[unit, name, hourOf(from), until],
    );
    return rows.map((row) => ({
      hour: row["hour"] as number,
      rolls: new HourRolls(row["data"] as Uint8Array),
    }));
  }

  /** Make what is to be made of an hour. It may be done again, whenever it was interrupted. */
  async make(dirty: DirtyHour, signal?: AbortSignal): Promise<void> {
    const { unit, hour, agents } = dirty;
    const turns = new Turns();
    const parts = new Map<number, number>();
    for (let at = 0; at < agents.length; at += TAKEN_AT_ONCE) {
      const some = await this.minutes.take(unit, hour, agents.slice(at, at + TAKEN_AT_ONCE));
      for (const [agent, part] of some) parts.set(agent, part);
      await turns.take(signal);
    }
    await this.periods.ensure("hours", [hour]);
    await this.due.note(unit, hour);
    await this.#forgetDay(unit, dayOf(hour));
    const names = await this.minutes.names(unit, hour);
    for (let at = 0; at < names.length; at += COLUMNS_AT_ONCE) {
      const columns = new HourColumns(names.slice(at, at + COLUMNS_AT_ONCE));
      await this.#gather(unit, hour, columns, turns, signal);
      for await (const [name, data] of columns.packed(turns, signal)) {
        await this.#store(unit, hour, name, data);
      }
    }
    await this.raw.clean(dirty, parts, turns);
  }

  async #gather(unit: UnitKey, hour: number, columns: HourColumns, turns: Turns, signal?: AbortSignal) {
    for (let after = -1;;) {
      const page = await this.minutes.page(unit, hour, after, STEP);
      for (const { data } of page) {
        columns.add(data);
        await turns.take(signal);
      }
      if (page.length < STEP) return;
      after = page.at(-1)!.agent;
    }
  }

  /** Of a day of which an hour changes nothing is known as a whole. */
  async #forgetDay(unit: UnitKey, day: number): Promise<void> {
    await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      await statements.all(
        "DELETE FROM hour WHERE period = $1 AND unit = $2 AND hour = $3 AND starts_with(name, $4)",
        ...[this.periods.at("hours", day), unit, day, DAY],
      );
    });
  }

  async #store(unit: UnitKey, hour: number, name: string, data: Uint8Array): Promise<void> {
    await this.database.transaction(async (statements) => {
      await this.leases.guard(statements);
      await statements.all(
        "INSERT INTO hour (period, unit, name, hour, data) VALUES ($1, $2, $3, $4, $5) " +
          "ON CONFLICT (period, unit, name, hour) DO UPDATE SET data = excluded.data",
        ...[this.periods.at("hours", hour), unit, name, hour],
        data,
      );
    });
  }
}
