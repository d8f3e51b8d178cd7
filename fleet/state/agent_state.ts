import type { Figures } from "../model/column.ts";
import type { Presence, StoredSample, TaskView } from "../model/view.ts";
import type { UnitKey } from "../model/unit.ts";
import type { AgentRow } from "../store/contract.ts";
import { Tail } from "../chunk/tail.ts";
import { countersOf, figuresOf } from "./increases.ts";
import { TwoUnderOneName } from "./two_under_one_name.ts";
import type { AgentOfTask, TaskOfAgent } from "./task_state.ts";

/** Of so many of its messages the clock of an agent is reckoned. */
const OFFSETS = 8;

/** Samples of an agent that follow each other without a gap, and what its tasks' figures were before them. */
export class Stretch {
  readonly tail = new Tail();
  /** Counters: whole figures take several times as much, and there is one of every task. */
  readonly #before = new Map<number, Float64Array | null>();
  /** Figures of programs' own, of those tasks that have some. */
  readonly #customBefore = new Map<number, ReadonlyMap<string, number>>();

  /**
   * @param before the figures of the task's sample before; null where there is none
   * @param customBefore those of its own
   */
  append(
    task: number,
    sample: StoredSample,
    before: Figures | null,
    customBefore: ReadonlyMap<string, number> | null,
  ): void {
    if (!this.#before.has(task)) {
      this.#before.set(task, before && countersOf(before));
      if (customBefore) this.#customBefore.set(task, customBefore);
    }
    this.tail.append(task, sample);
  }

  /** The figures of a task's own before it; null where nothing is known. */
  customBefore(task: number): ReadonlyMap<string, number> | null {
    return this.#customBefore.get(task) ?? null;
  }

  /** The counters of a task before it; null where nothing is known. */
  before(task: number): Figures | null {
    const counters = this.#before.get(task);
    return counters ? figuresOf(counters) : null;
  }
}

/** An agent, and the host it is on. */
export class AgentState implements AgentOfTask {
  agentId: string | null = null;
  host: string | null = null;
  os: string | null = null;
  version: string | null = null;
  bootId: string | null = null;
  labels: Readonly<Record<string, string>> = {};
  lastSeen: number;
  presence: Presence = "online";
  presenceSince: number;
  /** The latest time by its own clock that it has told. */
  lastTold = -Infinity;
  hostTask: TaskOfAgent | null = null;
  readonly tasks = new Map<string, TaskOfAgent>();
  /** Whether the store has all of this. */
  isSaved = false;
  /** What was sampled and is in no chunk yet, and what is on its way into one. */
  tail = new Stretch();
  sealing: Stretch | null = null;
  readonly #names = new TwoUnderOneName();
  #offsets: number[] = [];

  constructor(
    readonly id: number,
    readonly unit: UnitKey,
    readonly propletId: string,
    readonly firstSeen: number,
  ) {
    this.lastSeen = this.presenceSince = firstSeen;
  }

  /** Whether nothing of it is in memory alone. */
  get isStored(): boolean {
    return this.isSaved && this.sealing === null && this.tail.tail.count === 0;
  }

  get isDuplicate(): boolean {
    return this.#names.isDuplicate(this.lastSeen);
  }

  get clockOffset(): number | null {
    // What comes late looks as if its clock were behind: the least late message tells most of it.
    return this.#offsets.length === 0 ? null : Math.max(...this.#offsets) / 1_000;
  }

  /** A message of it came. @param sentAt by its own clock; null where that is not known */
  hear(receivedAt: number, sentAt: number | null, agentId: string | null): void {
    this.lastSeen = Math.max(this.lastSeen, receivedAt);
    this.isSaved = false;
    if (sentAt !== null) {
      this.lastTold = Math.max(this.lastTold, sentAt);
      this.#offsets.push(sentAt - receivedAt);
      if (this.#offsets.length > OFFSETS) this.#offsets.shift();
    }
    if (agentId === null) return;
    this.agentId = agentId;
    this.#names.note(agentId, receivedAt);
  }

  change(presence: Presence, at: number): void {
    this.presence = presence;
    this.presenceSince = at;
    this.isSaved = false;
  }

  /** Its task of that name; the empty one is the host itself. */
  find(taskId: string): TaskOfAgent | undefined {
    return taskId === "" ? this.hostTask ?? undefined : this.tasks.get(taskId);
  }

  keep(
    task: number,
    sample: StoredSample,
    before: Figures | null,
    customBefore: ReadonlyMap<string, number> | null,
  ): void {
    this.tail.append(task, sample, before, customBefore);
  }

  kept(task: number, from: number, until: number): readonly StoredSample[] {
    const older = this.sealing?.tail.samples(task, from, until) ?? [];
    return [...older, ...this.tail.tail.samples(task, from, until)];
  }

  forget(taskId: string): void {
    this.tasks.delete(taskId);
  }

  add(task: TaskOfAgent): void {
    if (task.taskId === "") this.hostTask = task;
    else this.tasks.set(task.taskId, task);
  }

  /** All of its tasks, that of the host itself among them. */
  *all(): Generator<TaskOfAgent & TaskView> {
    if (this.hostTask) yield this.hostTask;
    yield* this.tasks.values();
  }

  /** As the store keeps it. */
  row(): AgentRow {
    const { id, unit, propletId, agentId, host, os, version, bootId, labels } = this;
    const { firstSeen, lastSeen, presence, presenceSince } = this;
    return {
      ...{ id, unit, propletId, agentId, host, os, version, bootId, labels },
      ...{ firstSeen, lastSeen, presence, presenceSince },
    };
  }

  /** As it was when the store had it last. */
  static of(row: AgentRow): AgentState {
    const agent = new AgentState(row.id, row.unit, row.propletId, row.firstSeen);
    const { agentId, host, os, version, bootId, labels, lastSeen, presenceSince } = row;
    Object.assign(agent, {
      agentId,
      host,
      os,
      version,
      bootId,
      labels,
      lastSeen,
      presenceSince,
      isSaved: true,
    });
    agent.presence = row.presence as Presence;
    return agent;
  }
}
