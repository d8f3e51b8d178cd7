import { encodeChunk } from "../../../fleet/chunk/chunk.ts";
import { addRolls, decodeRolls, encodeRolls, rollsOf } from "../../../fleet/chunk/rolls.ts";
import type { TaskRolls } from "../../../fleet/chunk/rolls.ts";
import { COLUMN_AT, noFigures } from "../../../fleet/model/column.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";
import type { Roll, StoredSample } from "../../../fleet/model/view.ts";
import type {
  AgentRow,
  JournalEntry,
  RunRow,
  SealedChunk,
  Store,
  TaskRow,
} from "../../../fleet/store/contract.ts";

/** A day in the tests' past: Monday, 24 November 2025, UTC. */
export const DAY = Date.UTC(2025, 10, 24);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const FIVE_MINUTES = 5 * MINUTE;

export type Rows = (readonly [task: number, sample: StoredSample])[];

/** Samples of one task each minute, of which a counter grows by one and a gauge stays. */
export function minutely(task: number, from: number, count: number, start = 0): Rows {
  return Array.from({ length: count }, (_, at) => {
    const figures = noFigures();
    figures[COLUMN_AT.get("cpu_seconds")!] = start + at;
    figures[COLUMN_AT.get("memory_bytes")!] = 4_096 * task;
    return [task, { time: from + at * MINUTE, figures, custom: null, begins: start + at === 0 }] as const;
  });
}

export function chunkOf(agent: number, unit: UnitKey, rows: Rows, before: number | null = null): SealedChunk {
  const times = rows.map(([, { time }]) => time);
  const last = noFigures();
  if (before !== null) last[COLUMN_AT.get("cpu_seconds")!] = before;
  return {
    agent,
    unit,
    from: Math.min(...times),
    until: Math.max(...times),
    count: rows.length,
    data: encodeChunk(rows),
    rolls: encodeRolls(rollsOf(rows, () => before === null ? null : last, FIVE_MINUTES)),
  };
}

/** What the store says of an agent in five-minute buckets: its parts put together, as who asks does. */
export async function rollsIn(
  store: Store,
  agent: number,
  from: number,
  until: number,
): Promise<Map<number, TaskRolls>> {
  const sum = new Map<number, TaskRolls>();
  for (const { data } of await store.rolls(agent, from, until)) {
    const inside = [...decodeRolls(data)].map(([task, buckets]) =>
      [task, new Map([...buckets].filter(([bucket]) => bucket >= from && bucket <= until))] as const
    ).filter(([, buckets]) => buckets.size > 0);
    addRolls(sum, new Map(inside));
  }
  return sum;
}

/** An hour column as a plain object. */
export async function hourOf(
  store: Store,
  unit: UnitKey,
  column: string,
  hour: number,
): Promise<Map<number, Roll>> {
  const [found, ...more] = await store.hours(unit, column, hour, hour);
  if (more.length > 0) throw new Error("an hour is there several times");
  return new Map(found?.rolls ?? []);
}

export function entry(unit: UnitKey, text: string, receivedAt = DAY): JournalEntry {
  const topic = `m/${unit.replace("/", "/c/")}/control/proplet/task_metrics`;
  return { unit, topic, receivedAt, payload: new TextEncoder().encode(text), isRetained: false };
}

export function agentRow(id: number, unit: UnitKey, change: Partial<AgentRow> = {}): AgentRow {
  return {
    id,
    unit,
    propletId: `host-${id}`,
    agentId: null,
    host: null,
    os: null,
    version: null,
    bootId: null,
    labels: {},
    firstSeen: DAY,
    lastSeen: DAY + id,
    presence: "online",
    presenceSince: DAY,
    ...change,
  };
}

export function taskRow(id: number, agent: number, change: Partial<TaskRow> = {}): TaskRow {
  return {
    id,
    agent,
    taskId: `task-${id}`,
    target: null,
    name: null,
    labels: {},
    firstSeen: DAY,
    lastTime: DAY + id,
    state: "running",
    stateSince: DAY,
    runSince: DAY,
    last: null,
    ...change,
  };
}

export function runRow(task: number, started: number, change: Partial<RunRow> = {}): RunRow {
  return {
    task,
    started,
    ended: started + HOUR,
    state: "ended",
    error: null,
    figures: {},
    quality: {},
    ...change,
  };
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
