import { CorruptData } from "../chunk/byte_reader.ts";
import { joinRolls } from "../chunk/join_rolls.ts";
import { decodeRollColumns, encodeRollColumns } from "../chunk/roll_columns.ts";
import type { RollColumns } from "../chunk/roll_columns.ts";
import { decodeRolls, encodeRolls } from "../chunk/rolls.ts";
import type { TaskRolls } from "../chunk/rolls.ts";
import type { UnitKey } from "../model/unit.ts";
import type { StoredRolls } from "./contract.ts";
import { HOUR_MS, hourOf } from "./hour_of.ts";

/** The rolls of a chunk, some hours of which are not made yet. */
export interface Part {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  readonly data: Uint8Array;
}

/** Rolls of an agent and hour, and the last part that is in them. */
export interface RollRow {
  readonly hour: number;
  readonly part: number;
  readonly data: Uint8Array;
}

/** An hour of a unit that has parts which are not in it yet, and the agents that these are of. */
export interface DirtyHour {
  readonly unit: UnitKey;
  readonly hour: number;
  readonly agents: readonly number[];
}

const SEPARATOR = "\n";

/** The hours that rows have to be read of, for parts that go beyond what is asked for. */
export function hoursWanted(
  parts: readonly Part[],
  from: number,
  until: number,
): [first: number, last: number] {
  const starts = [from, ...parts.map(({ first }) => first)];
  const ends = [until, ...parts.map(({ last }) => last)];
  return [hourOf(Math.min(...starts)), Math.max(...ends)];
}

/** What is known of a stretch: of hours that are made their rows, of others what parts have of them. */
export function rollsTogether(
  rows: readonly RollRow[],
  parts: readonly Part[],
  from: number,
  until: number,
): StoredRolls[] {
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

/**
 * The row of an agent and hour with more parts in it.
 * @param parts those that are not in it yet, oldest first; at least one
 * @param say is told of what is damaged, which is left out: else no hour would be made any more
 */
export function withParts(
  row: RollRow | undefined,
  parts: readonly Part[],
  agent: number,
  hour: number,
  say: (line: string) => void,
): RollRow & { readonly names: string } {
  const all = [...row ? [row] : [], ...parts].flatMap(({ data }) => readRolls(data, agent, hour, say) ?? []);
  const rolls = joinRolls(all, (bucket) => hourOf(bucket) === hour);
  return {
    hour,
    part: parts.at(-1)!.id,
    names: [...rolls.columns.keys()].sort().join(SEPARATOR),
    data: encodeRollColumns(rolls, true),
  };
}

/** The columns that rows have, by their `names`. */
export function namesOf(rows: readonly string[]): string[] {
  return [...new Set(rows.flatMap((row) => row.split(SEPARATOR)))].filter(Boolean).sort();
}

function readRolls(
  data: Uint8Array,
  agent: number,
  hour: number,
  say: (line: string) => void,
): RollColumns | null {
  try {
    return decodeRollColumns(data);
  } catch (error) {
    if (!(error instanceof CorruptData)) throw error;
    const when = new Date(hour).toISOString();
    say(`the rolls of agent ${agent} at ${when} are left out: what is stored ${error.message}`);
    return null;
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
