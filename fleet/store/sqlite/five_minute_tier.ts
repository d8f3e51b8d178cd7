import { CorruptData } from "../../chunk/byte_reader.ts";
import { addRolls, decodeRolls, encodeRolls } from "../../chunk/rolls.ts";
import type { TaskRolls } from "../../chunk/rolls.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { StoredRolls } from "../contract.ts";
import type { Row } from "./database.ts";
import { HOUR_MS, hourOf } from "./hour_of.ts";
import type { PeriodFiles } from "./period_files.ts";
import type { Part, RawTier } from "./raw_tier.ts";

/** Rolls of an agent and hour, and the last part that is in them. */
interface RollRow {
  readonly hour: number;
  readonly part: number;
  readonly data: Uint8Array;
}

const SEPARATOR = "\n";

/**
 * Rolls in buckets of five minutes, by agent and hour, a file a month. What is sealed is in parts of the raw tier
 * first; each row knows the last part that is in it, so that none is counted twice whenever we are killed.
 */
export class FiveMinuteTier {
  constructor(readonly files: PeriodFiles, readonly raw: RawTier, readonly say: (line: string) => void) {}

  rolls(agent: number, from: number, until: number): StoredRolls[] {
    const parts = this.raw.parts(agent, from, until);
    const starts = [from, ...parts.map(({ first }) => first)];
    const ends = [until, ...parts.map(({ last }) => last)];
    const rows = this.#rows(agent, hourOf(Math.min(...starts)), Math.max(...ends));
    const isIn = ({ id }: Part, hour: number) => rows.some((row) => row.hour === hour && row.part >= id);
    return [
      ...rows.filter(({ hour }) => hour + HOUR_MS > from && hour <= until)
        .map(({ hour, data }) => ({ from: hour, until: hour + HOUR_MS - 1, data })),
      ...parts.flatMap((part) => {
        const hours = hoursOf(part);
        const open = hours.filter((hour) => !isIn(part, hour));
        if (open.length === 0) return [];
        const data = open.length === hours.length
          ? part.data
          : encodeRolls(within(decodeRolls(part.data), open));
        return [{ from: part.first, until: part.last, data }];
      }),
    ];
  }

  /** Do several things with the file of an hour, all or none of them. */
  atOnce(hour: number, change: () => void): void {
    this.files.at(this.files.keyOf(hour)).transaction(change);
  }

  /** Take the parts of an agent and hour in that are not yet. @returns the last part that is in it now */
  take(unit: UnitKey, hour: number, agent: number): number {
    const [row] = this.#rows(agent, hour, hour);
    const parts = this.raw.parts(agent, hour, hour + HOUR_MS - 1, row?.part ?? 0);
    if (parts.length === 0) return row?.part ?? 0;
    const rolls = row ? this.#read(row.data, agent, hour) : new Map<number, TaskRolls>();
    for (const { data } of parts) addRolls(rolls, within(this.#read(data, agent, hour), [hour]));
    const last = parts.at(-1)!.id;
    const names = new Set(
      [...rolls.values()].flatMap((buckets) =>
        [...buckets.values()].flatMap((columns) => [...columns.keys()])
      ),
    );
    this.files.at(this.files.keyOf(hour)).run(
      "INSERT OR REPLACE INTO roll (agent, hour, unit, part, names, data) VALUES (?, ?, ?, ?, ?, ?)",
      agent,
      hour,
      unit,
      last,
      [...names].sort().join(SEPARATOR),
      encodeRolls(rolls),
    );
    return last;
  }

  /** The columns that some task of a unit has in an hour. */
  names(unit: UnitKey, hour: number): string[] {
    const rows =
      this.#file(hour)?.all("SELECT DISTINCT names FROM roll WHERE hour = ? AND unit = ?", hour, unit) ?? [];
    return [...new Set(rows.flatMap((row) => (row["names"] as string).split(SEPARATOR)))].filter(Boolean)
      .sort();
  }

  /** Agents of a unit and hour after one of them, in the order of their numbers, so many at most. */
  page(unit: UnitKey, hour: number, after: number, limit: number): { agent: number; data: Uint8Array }[] {
    const sql =
      "SELECT agent, data FROM roll WHERE hour = ? AND unit = ? AND agent > ? ORDER BY agent LIMIT ?";
    return (this.#file(hour)?.all(sql, hour, unit, after, limit) ?? [])
      .map((row) => ({ agent: row["agent"] as number, data: row["data"] as Uint8Array }));
  }

  #rows(agent: number, from: number, until: number): RollRow[] {
    const sql = "SELECT hour, part, data FROM roll WHERE agent = ? AND hour BETWEEN ? AND ? ORDER BY hour";
    return this.files.keysOf(from, until).flatMap((key) => this.files.at(key).all(sql, agent, from, until))
      .map((row: Row) => ({
        hour: row["hour"] as number,
        part: row["part"] as number,
        data: row["data"] as Uint8Array,
      }));
  }

  /** What is damaged is told, and left out: else no hour would be made any more. */
  #read(data: Uint8Array, agent: number, hour: number): Map<number, TaskRolls> {
    try {
      return decodeRolls(data);
    } catch (error) {
      if (!(error instanceof CorruptData)) throw error;
      const when = new Date(hour).toISOString();
      this.say(`the rolls of agent ${agent} at ${when} are left out: what is stored ${error.message}`);
      return new Map();
    }
  }

  #file(hour: number) {
    const key = this.files.keyOf(hour);
    return this.files.has(key) ? this.files.at(key) : undefined;
  }
}

function hoursOf({ first, last }: Part): number[] {
  const hours: number[] = [];
  for (let hour = hourOf(first); hour <= last; hour += HOUR_MS) hours.push(hour);
  return hours;
}

/** Those buckets that are in some hours. */
function within(rolls: ReadonlyMap<number, TaskRolls>, hours: readonly number[]): Map<number, TaskRolls> {
  return new Map(
    [...rolls].map(([task, buckets]) =>
      [
        task,
        new Map([...buckets].filter(([bucket]) => hours.includes(hourOf(bucket)))),
      ] as const
    ).filter(([, buckets]) => buckets.size > 0),
  );
}
