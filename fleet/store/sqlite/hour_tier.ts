import { HOUR_FIELDS, HourRolls, joinHourFields, packHourField } from "../../chunk/hour_rolls.ts";
import { addRoll, decodeRolls, emptyRoll } from "../../chunk/rolls.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { Roll } from "../../model/view.ts";
import type { HourColumn } from "../contract.ts";
import type { FiveMinuteTier } from "./five_minute_tier.ts";
import { hourOf } from "./hour_of.ts";
import type { PeriodFiles } from "./period_files.ts";
import type { DirtyHour, RawTier } from "./raw_tier.ts";
import { Turns } from "./turn.ts";

/** Columns that are made at a time: 100,000 tasks take 5 MB each. */
const COLUMNS_AT_ONCE = 6;
/** So long parts are taken in until what was taken in is committed. */
const TAKE_MS = 6;
/** Agents read at a time. */
const STEP = 10;

/** A column as it is being gathered: a value a task for each field of a roll. */
type Gathered = Map<number, Roll>;

/** What each task of a unit has used in an hour, column by column, a file a year. */
export class HourTier {
  constructor(readonly files: PeriodFiles, readonly minutes: FiveMinuteTier, readonly raw: RawTier) {}

  hours(unit: UnitKey, column: string, from: number, until: number): HourColumn[] {
    return this.files.keysOf(hourOf(from), until).flatMap((key) =>
      this.files.at(key).all(
        "SELECT hour, data FROM hour WHERE unit = ? AND name = ? AND hour BETWEEN ? AND ? ORDER BY hour",
        unit,
        column,
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
    for (let at = 0; at < dirty.agents.length;) {
      this.minutes.atOnce(hour, () => {
        const enough = performance.now() + TAKE_MS;
        do parts.set(dirty.agents[at]!, this.minutes.take(unit, hour, dirty.agents[at]!)); while (
          ++at < dirty.agents.length && performance.now() < enough
        );
      });
      await turns.take(signal);
    }
    const names = this.minutes.names(unit, hour);
    for (let at = 0; at < names.length; at += COLUMNS_AT_ONCE) {
      const columns = await this.#gather(unit, hour, names.slice(at, at + COLUMNS_AT_ONCE), turns, signal);
      for (const [name, gathered] of columns) await this.#store(unit, hour, name, gathered, turns, signal);
    }
    await this.raw.clean(dirty, parts, turns);
  }

  async #gather(unit: UnitKey, hour: number, names: readonly string[], turns: Turns, signal?: AbortSignal) {
    const columns = new Map<string, Gathered>(names.map((name) => [name, new Map()]));
    for (let after = -1;;) {
      const page = this.minutes.page(unit, hour, after, STEP);
      for (const { data } of page) {
        for (const [task, buckets] of decodeRolls(data, { columns: names })) {
          for (const rolls of buckets.values()) {
            for (const [name, roll] of rolls) addRoll(rollOf(columns.get(name)!, task), roll);
          }
        }
        await turns.take(signal);
      }
      if (page.length < STEP) return columns;
      after = page.at(-1)!.agent;
    }
  }

  async #store(
    unit: UnitKey,
    hour: number,
    name: string,
    gathered: Gathered,
    turns: Turns,
    signal?: AbortSignal,
  ) {
    const packed: Uint8Array[] = [];
    for (const field of HOUR_FIELDS) {
      const values = field === "task"
        ? gathered.keys()
        : Iterator.from(gathered.values()).map((roll) => roll[field]);
      packed.push(packHourField(Float64Array.from(values)));
      await turns.take(signal);
    }
    this.files.at(this.files.keyOf(hour)).run(
      "INSERT OR REPLACE INTO hour (unit, name, hour, data) VALUES (?, ?, ?, ?)",
      unit,
      name,
      hour,
      joinHourFields(packed),
    );
    await turns.take(signal);
  }
}

function rollOf(gathered: Gathered, task: number): Roll {
  let roll = gathered.get(task);
  if (!roll) gathered.set(task, roll = emptyRoll());
  return roll;
}
