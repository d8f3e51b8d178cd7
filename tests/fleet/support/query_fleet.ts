/* A fleet in memory with a store in memory, as small as what is asked of both. */
import { encodeChunk } from "../../../fleet/chunk/chunk.ts";
import { addRolls, encodeRolls, rollsOf } from "../../../fleet/chunk/rolls.ts";
import { COLUMN_AT, noFigures } from "../../../fleet/model/column.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";
import type {
  AgentView,
  FleetListener,
  FleetView,
  Roll,
  StoredSample,
  TaskView,
} from "../../../fleet/model/view.ts";
import type { LogEntry, RunRow, SealedChunk, Store, TaskRow } from "../../../fleet/store/contract.ts";

export const HOUR = 3_600_000;
export const FIVE_MINUTES = 300_000;
/** A moment at which a day begins. */
export const DAY_START = Date.UTC(2026, 9, 1);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A sample of some figures by name. */
export function sampleOf(
  time: number,
  figures: Readonly<Record<string, number>>,
  begins = false,
): StoredSample {
  const all = noFigures();
  for (const [name, value] of Object.entries(figures)) all[COLUMN_AT.get(name)!] = value;
  return { time, figures: all, custom: null, begins };
}

/** Agents and tasks that are put in by hand; their samples are open until they are sealed. */
export class QueryFleet implements FleetView {
  readonly agents = new Map<number, AgentView>();
  readonly tasks = new Map<number, TaskView>();
  readonly units = new Map<UnitKey, Set<AgentView>>();
  readonly rereading: ReadonlySet<UnitKey> = new Set();
  readonly store = new MemoryStore();
  readonly #listeners = new Set<FleetListener>();
  readonly #open = new Map<number, StoredSample[]>();
  readonly #last = new Map<number, StoredSample>();
  /** Of the hours that are not made: what of them is sealed. */
  readonly #openHours = new Map<number, Map<number, Map<string, Roll>>>();

  addAgent(unit: UnitKey, propletId: string, facts: Partial<AgentView> = {}): Writable<AgentView> {
    const id = this.agents.size + 1;
    const agent: Writable<AgentView> = {
      id,
      unit,
      propletId,
      agentId: null,
      host: `host-of-${propletId}`,
      os: "linux",
      version: "0.1.0",
      labels: {},
      firstSeen: DAY_START,
      lastSeen: DAY_START,
      presence: "online",
      presenceSince: DAY_START,
      clockOffset: 0,
      toldOffset: null,
      toldOffsetAt: -Infinity,
      control: null,
      isDuplicate: false,
      hostTask: null,
      tasks: new Map(),
      ...facts,
    };
    this.agents.set(id, agent);
    const agents = this.units.get(unit);
    if (agents) agents.add(agent);
    else this.units.set(unit, new Set([agent]));
    return agent;
  }

  /** @param taskId of a host itself it is empty */
  addTask(agent: Writable<AgentView>, taskId: string, facts: Partial<TaskView> = {}): Writable<TaskView> {
    const id = 100 + this.tasks.size;
    const task: Writable<TaskView> = {
      id,
      agent,
      taskId,
      target: null,
      name: null,
      labels: {},
      firstSeen: DAY_START,
      lastTime: DAY_START,
      state: "running",
      stateSince: DAY_START,
      runSince: DAY_START,
      interval: 10_000,
      last: noFigures(),
      custom: null,
      isEmbedded: false,
      ...facts,
    };
    this.tasks.set(id, task);
    if (taskId === "") agent.hostTask = task;
    else (agent.tasks as Map<string, TaskView>).set(taskId, task);
    this.store.units.set(id, agent.unit);
    this.store.agentUnits.set(agent.id, agent.unit);
    return task;
  }

  /** Take samples in. */
  take(task: Writable<TaskView>, samples: readonly StoredSample[]): void {
    const open = this.#open.get(task.id) ?? [];
    this.#open.set(task.id, [...open, ...samples]);
    for (const sample of samples) {
      const taken = { ...sample, task, increases: noFigures() };
      for (const { sample: tell } of this.#listeners) tell?.(taken);
    }
    const last = samples.at(-1);
    if (last) [task.lastTime, task.last] = [last.time, last.figures];
  }

  /** Everything that is open goes into chunks of its hour, or of another length. */
  seal(options: { readonly keepOpen?: boolean; readonly chunkMs?: number } = {}): void {
    const { keepOpen = false, chunkMs = HOUR } = options;
    for (const agent of this.agents.values()) {
      const rows = [...agent.tasks.values(), ...agent.hostTask ? [agent.hostTask] : []].flatMap((task) =>
        (this.#open.get(task.id) ?? []).map((sample) => [task.id, sample] as const)
      ).sort(([, a], [, b]) => a.time - b.time);
      const pieces = Map.groupBy(rows, ([, { time }]) => Math.floor(time / chunkMs));
      for (const [, piece] of [...pieces].sort(([a], [b]) => a - b)) this.#sealPiece(agent, piece);
      if (keepOpen) continue;
      for (const task of agent.tasks.values()) this.#open.delete(task.id);
      if (agent.hostTask) this.#open.delete(agent.hostTask.id);
    }
  }

  #sealPiece(agent: AgentView, rows: readonly (readonly [number, StoredSample])[]): void {
    const before = (id: number) => this.#last.get(id)?.figures ?? null;
    const rolls = rollsOf(rows, before, FIVE_MINUTES);
    addRolls(this.#openHours, rollsOf(rows, before, HOUR));
    for (const [id, sample] of rows) this.#last.set(id, sample);
    this.store.put({
      agent: agent.id,
      unit: agent.unit,
      from: rows[0][1].time,
      until: rows.at(-1)![1].time,
      count: rows.length,
      data: encodeChunk(rows),
      rolls: encodeRolls(rolls),
    });
  }

  /** Make the hours that have ended. */
  makeHours(endedBefore: number): void {
    for (const [id, hours] of this.#openHours) {
      for (const [hour, columns] of hours) {
        if (hour + HOUR > endedBefore) continue;
        hours.delete(hour);
        for (const [column, roll] of columns) this.store.putHour(this.tasks.get(id)!, hour, column, roll);
      }
    }
  }

  findAgent(unit: UnitKey, propletId: string): AgentView | undefined {
    return [...this.units.get(unit) ?? []].find((agent) => agent.propletId === propletId);
  }

  findTask(unit: UnitKey, propletId: string, taskId: string): TaskView | undefined {
    return this.findAgent(unit, propletId)?.tasks.get(taskId);
  }

  listen(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  listeningSince(): number | null {
    return DAY_START;
  }

  open(task: TaskView, from: number, until: number): readonly StoredSample[] {
    return (this.#open.get(task.id) ?? []).filter(({ time }) => time >= from && time < until);
  }

  openHours(): readonly number[] {
    return [...new Set([...this.#hoursNow().values()].flatMap((hours) => [...hours.keys()]))].sort();
  }

  *openHour(hour: number, column: string): Generator<readonly [TaskView, Roll]> {
    for (const [id, hours] of this.#hoursNow()) {
      const roll = hours.get(hour)?.get(column);
      if (roll) yield [this.tasks.get(id)!, roll];
    }
  }

  /** The hours with what is open in them. */
  #hoursNow(): Map<number, Map<number, Map<string, Roll>>> {
    const all: Map<number, Map<number, Map<string, Roll>>> = new Map();
    addRolls(all, this.#openHours);
    for (const [id, samples] of this.#open) {
      const fresh = samples.filter(({ time }) => time > (this.#last.get(id)?.time ?? -Infinity));
      const rows = fresh.map((sample) => [id, sample] as const);
      addRolls(all, rollsOf(rows, () => this.#last.get(id)?.figures ?? null, HOUR));
    }
    return all;
  }
}

/** A store that forgets everything at its end. */
class MemoryStore implements Store {
  readonly place = "memory";
  readonly sealedChunks: SealedChunk[] = [];
  readonly runRows: RunRow[] = [];
  readonly units = new Map<number, UnitKey>();
  readonly agentUnits = new Map<number, UnitKey>();
  readonly logs = new Map<string, LogEntry[]>();
  readonly #documents = new Map<string, Map<string, unknown>>();
  readonly #hours = new Map<string, Map<number, [number, Roll][]>>();
  readonly reach: Partial<Record<string, number>> = {};
  /** Called before chunks are read. */
  onChunks: () => void = () => {};

  put(chunk: SealedChunk): void {
    this.sealedChunks.push(chunk);
  }

  putHour(task: TaskView, hour: number, column: string, roll: Roll): void {
    const key = `${task.agent.unit} ${column}`;
    const hours = this.#hours.get(key) ?? new Map<number, [number, Roll][]>();
    this.#hours.set(key, hours);
    hours.set(hour, [...hours.get(hour) ?? [], [task.id, roll]]);
  }

  chunks(agent: number, from: number, until: number) {
    const found = this.sealedChunks.filter((one) =>
      one.agent === agent && one.until >= from && one.from < until
    );
    this.onChunks();
    return Promise.resolve(found);
  }

  rolls(agent: number, from: number, until: number) {
    const found = this.sealedChunks.filter((one) =>
      one.agent === agent && one.until >= from && one.from < until + FIVE_MINUTES
    );
    return Promise.resolve(found.map(({ rolls, ...rest }) => ({ ...rest, data: rolls })));
  }

  /** None is made here: the hours tell as much. */
  days() {
    return Promise.resolve([]);
  }

  hours(unit: UnitKey, column: string, from: number, until: number) {
    const found = [...this.#hours.get(`${unit} ${column}`) ?? []].filter(([hour]) =>
      hour >= from && hour < until
    );
    return Promise.resolve(found.map(([hour, rolls]) => ({ hour, rolls })));
  }

  runs({ task, units, from, until, by, after, limit }: Parameters<Store["runs"]>[0]) {
    type Place = NonNullable<typeof after>;
    const inTime = (a: Place, b: Place) => b.ended - a.ended || a.task - b.task || b.started - a.started;
    const found = this.runRows.filter((run) =>
      (task === undefined || run.task === task) && run.ended >= from && run.ended < until &&
      (!units || units.includes(this.units.get(run.task)!)) && (!after || inTime(after, run) < 0)
    ).sort((a, b) =>
      by === undefined ? inTime(a, b) : (b.figures[by] ?? -Infinity) - (a.figures[by] ?? -Infinity)
    );
    return Promise.resolve(found.slice(0, limit));
  }

  documents(collection: string) {
    return Promise.resolve(structuredClone(this.#documents.get(collection) ?? new Map<string, unknown>()));
  }

  saveDocuments(collection: string, changes: ReadonlyMap<string, unknown>) {
    const all = this.#documents.get(collection) ?? new Map<string, unknown>();
    this.#documents.set(collection, all);
    for (const [name, value] of changes) {
      if (value === null) all.delete(name);
      else all.set(name, JSON.parse(JSON.stringify(value)));
    }
    return Promise.resolve();
  }

  log(name: string, entries: readonly LogEntry[]) {
    this.logs.set(name, [...this.logs.get(name) ?? [], ...entries]);
    return Promise.resolve();
  }

  readLog(
    name: string,
    { from = -Infinity, until = Infinity, units, limit }: Parameters<Store["readLog"]>[1],
  ) {
    const found = (this.logs.get(name) ?? []).filter(({ at, unit }) =>
      at >= from && at < until && (!units || (unit !== null && units.includes(unit)))
    );
    return Promise.resolve(found.toReversed().slice(0, limit));
  }

  use() {
    const tiers = ["raw", "fiveMinutes", "hours", "runs", "journal"] as const;
    return Promise.resolve(tiers.map((tier) => ({ tier, bytes: 4_096, from: this.reach[tier] ?? null })));
  }

  search(): Promise<readonly TaskRow[]> {
    return Promise.resolve([]);
  }

  reserve = () => Promise.reject(new Error("not here"));
  agents = () => none();
  tasks = () => none();
  saveInventory = () => Promise.resolve();
  append = () => Promise.resolve(0);
  replay = () => none();
  sealed = () => Promise.resolve(new Map<number, number>());
  seal = () => Promise.resolve();
  forget = () => Promise.resolve();
  makeHours = () => Promise.resolve([]);
  saveRuns = () => Promise.resolve();
  lease = () => Promise.resolve(null);
  release = () => Promise.resolve();
  prune = () => Promise.resolve([]);
  backup = () => Promise.resolve();
  close = () => Promise.resolve();
}

async function* none(): AsyncGenerator<never> {}
