import { decodeChunk } from "../chunk/chunk.ts";
import { addRoll, decodeRolls, emptyRoll } from "../chunk/rolls.ts";
import type { TaskRolls } from "../chunk/rolls.ts";
import { kindOf } from "../model/column.ts";
import type { AgentView, FleetView, Roll, StoredSample, TaskView } from "../model/view.ts";
import type { Store, StoredChunk } from "../store/contract.ts";
import { ColumnRoller } from "./roll_up.ts";

/** Buckets of the middle tier. */
export const FIVE_MINUTES_MS = 300_000;
/** Buckets of the coarsest tier. */
export const HOUR_MS = 3_600_000;
/** How far back the sample before a range is looked for, in steps: the nearest is found first. */
const LOOKBACKS_MS = [900_000, 6 * HOUR_MS, 72 * HOUR_MS];
/** A seal that comes while it is read makes it read again, so often at most: there are minutes between two of them. */
const MOST_TRIES = 3;

/** What is stored of tasks, and what is not yet, as one: without a seam, and nothing twice. */
export class History {
  constructor(readonly view: FleetView, readonly store: Store) {}

  /** The samples of a task in a range (`until` is not in it), oldest first. @param columns null: all there are */
  async samples(
    task: TaskView,
    from: number,
    until: number,
    columns: readonly string[] | null,
    signal?: AbortSignal,
  ): Promise<StoredSample[]> {
    // What is open first: what is sealed while the store is read would else be in neither.
    const open = this.view.open(task, from, until);
    const chunks = await this.store.chunks(task.agent.id, from, until);
    signal?.throwIfAborted();
    const stored = this.#decoded(chunks, task.id, columns);
    return inOrder([...stored, ...open], from, until);
  }

  /**
   * The same of several tasks of an agent, each with the sample before the range where one is near: no chunk is
   * unpacked more than once.
   */
  async samplesOfAgent(
    agent: AgentView,
    tasks: readonly TaskView[],
    from: number,
    until: number,
    columns: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ readonly samples: readonly StoredSample[]; readonly before: StoredSample | null }[]> {
    const start = from - LOOKBACKS_MS[0];
    const open = tasks.map((task) => this.view.open(task, start, until));
    const chunks = await this.store.chunks(agent.id, start, until);
    signal?.throwIfAborted();
    const stored = chunks.map(({ data }) => decodeChunk(data, { columns }));
    return tasks.map(({ id }, at) => {
      const all = inOrder([...stored.flatMap((of) => of.get(id) ?? []), ...open[at]], start, until);
      const first = all.findIndex(({ time }) => time >= from);
      if (first < 0) return { samples: [], before: all.at(-1) ?? null };
      return { samples: all.slice(first), before: first === 0 ? null : all[first - 1] };
    });
  }

  /** The last sample before a moment; null where none is near enough to look for. */
  async before(task: TaskView, at: number, columns: readonly string[]): Promise<StoredSample | null> {
    const open = this.view.open(task, -Infinity, at);
    return open.length > 0 ? open[open.length - 1] : await this.#sealedBefore(task, at, columns);
  }

  /** The five-minute rolls of a task; both moments are starts of buckets. */
  async rolls(
    task: TaskView,
    from: number,
    until: number,
    columns: readonly string[],
    signal?: AbortSignal,
  ): Promise<TaskRolls> {
    const rolls: TaskRolls = new Map();
    const open = [...this.view.open(task, -Infinity, Infinity)];
    const { parts, sealed } = await this.#storedRolls(task, from, until, open);
    signal?.throwIfAborted();
    for (const { data } of parts) {
      const ofTask = decodeRolls(data, { task: task.id, columns }).get(task.id);
      for (const [bucket, byColumn] of ofTask ?? []) {
        if (bucket < from || bucket >= until) continue;
        for (const name of columns) {
          const roll = byColumn.get(name);
          if (roll) addRoll(rollAt(rolls, bucket, name), roll);
        }
      }
    }
    const fresh = open.filter(({ time }) => !sealed.has(time));
    if (fresh.length === 0 || fresh[fresh.length - 1].time < from) return rolls;
    const needsBefore = columns.some((name) => kindOf(name) === "counter") && !fresh[0].begins;
    const before = needsBefore ? await this.#sealedBefore(task, fresh[0].time, columns) : null;
    for (const name of columns) {
      const roller = new ColumnRoller(name, before);
      for (const sample of fresh) {
        const bucket = Math.floor(sample.time / FIVE_MINUTES_MS) * FIVE_MINUTES_MS;
        const isIn = bucket >= from && bucket < until;
        roller.add(sample, isIn ? rollAt(rolls, bucket, name) : emptyRoll());
      }
    }
    return rolls;
  }

  /** The stored rolls of a range, and which of the open samples are in them already. */
  async #storedRolls(task: TaskView, from: number, until: number, open: readonly StoredSample[]) {
    const { id, agent } = task;
    const chunksOfOpen = () =>
      open.length === 0
        ? Promise.resolve([])
        : this.store.chunks(agent.id, open[0].time, open[open.length - 1].time + 1);
    for (let tries = 1;; tries++) {
      const chunks = await chunksOfOpen();
      const parts = await this.store.rolls(agent.id, from, until);
      const again = await chunksOfOpen();
      if (again.length !== chunks.length && tries < MOST_TRIES) continue;
      return { parts, sealed: new Set(this.#decoded(chunks, id, []).map(({ time }) => time)) };
    }
  }

  async #sealedBefore(task: TaskView, at: number, columns: readonly string[]): Promise<StoredSample | null> {
    for (const lookback of LOOKBACKS_MS) {
      const chunks = await this.store.chunks(task.agent.id, at - lookback, at);
      const [last] = inOrder(this.#decoded(chunks, task.id, columns), -Infinity, at).slice(-1);
      if (last) return last;
    }
    return null;
  }

  #decoded(chunks: readonly StoredChunk[], task: number, columns: readonly string[] | null): StoredSample[] {
    const wanted = { task, ...(columns && { columns }) };
    return chunks.flatMap(({ data }) => decodeChunk(data, wanted).get(task) ?? []);
  }
}

/** Samples of a range in the order of time, each moment once. */
function inOrder(samples: readonly StoredSample[], from: number, until: number): StoredSample[] {
  const byTime = new Map<number, StoredSample>();
  for (const sample of samples) {
    if (sample.time >= from && sample.time < until) byTime.set(sample.time, sample);
  }
  return [...byTime.values()].sort((a, b) => a.time - b.time);
}

function rollAt(rolls: TaskRolls, bucket: number, name: string): Roll {
  let byColumn = rolls.get(bucket);
  if (!byColumn) rolls.set(bucket, byColumn = new Map());
  let roll = byColumn.get(name);
  if (!roll) byColumn.set(name, roll = emptyRoll());
  return roll;
}
