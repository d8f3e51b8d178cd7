import type { AgentControl } from "../model/arrival.ts";
import type { Figures } from "../model/column.ts";
import type { Presence, StoredSample } from "../model/view.ts";
import type { UnitKey } from "../model/unit.ts";
import type { AgentRow } from "../store/contract.ts";
import { Stretch } from "./stretch.ts";
import { TwoUnderOneName } from "./two_under_one_name.ts";
import type { AgentOfTask, TaskOfAgent } from "./task_state.ts";

/** Of so many of its messages the clock of an agent is reckoned. */
const OFFSETS = 8;

/** An agent, and the host it is on. */
export class AgentState implements AgentOfTask {
  agentId: string | null = null;
  host: string | null = null;
  os: string | null = null;
  version: string | null = null;
  bootId: string | null = null;
  control: AgentControl | null = null;
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
  /** Each takes the place of the oldest. */
  readonly #offsets = new Float64Array(OFFSETS).fill(NaN);
  #offsetCount = 0;
  #clockOffset: number | null = null;
  toldOffset: number | null = null;
  toldOffsetAt = -Infinity;

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
    return this.#clockOffset;
  }

  /** A message of it came. @param sentAt by its own clock; null where that is not known */
  hear(receivedAt: number, sentAt: number | null, agentId: string | null): void {
    this.lastSeen = Math.max(this.lastSeen, receivedAt);
    this.isSaved = false;
    if (sentAt !== null) {
      this.lastTold = Math.max(this.lastTold, sentAt);
      this.#noteOffset(sentAt - receivedAt);
      this.#noteTold(this.#clockOffset!, receivedAt);
    }
    if (agentId === null) return;
    this.agentId = agentId;
    this.#names.note(agentId, receivedAt);
  }

  /** It has said that it is a time that cannot be: nothing of it is taken in. @param receivedAt by our clock */
  noteWrongTime(receivedAt: number, time: number): void {
    this.#noteTold((time - receivedAt) / 1_000, receivedAt);
  }

  #noteTold(offset: number, at: number): void {
    this.toldOffset = offset;
    this.toldOffsetAt = Math.max(this.toldOffsetAt, at);
  }

  #noteOffset(offset: number): void {
    this.#offsets[this.#offsetCount++ % OFFSETS] = offset;
    // What comes late looks as if its clock were behind: the least late message tells most of it.
    let most = -Infinity;
    for (let n = 0; n < OFFSETS; n++) if (this.#offsets[n] > most) most = this.#offsets[n];
    this.#clockOffset = most / 1_000;
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
    isAfterGap: boolean,
  ): void {
    this.tail.append(task, sample, before, customBefore, isAfterGap);
  }

  keepLate(task: number, sample: StoredSample): boolean {
    if (this.tail.tail.has(task, sample.time) !== false) return false;
    this.tail.appendLate(task, sample);
    return true;
  }

  kept(task: number, from: number, until: number): readonly StoredSample[] {
    const older = this.sealing?.samples(task, from, until) ?? [];
    return [...older, ...this.tail.samples(task, from, until)];
  }

  /** The days that samples which are in no chunk yet are of. */
  openDays(dayMs: number): Set<number> {
    const days = new Set<number>();
    for (const { tail } of this.sealing ? [this.sealing, this.tail] : [this.tail]) {
      if (tail.count === 0) continue;
      for (let day = tail.from - tail.from % dayMs; day <= tail.until; day += dayMs) days.add(day);
    }
    return days;
  }

  /** What came up to an entry of the journal is in chunks: others have made them. */
  dropSealed(sequence: number): void {
    const newest = new Map<number, number>();
    if (this.sealing) {
      const left = this.sealing.after(sequence, newest);
      this.sealing = left.tail.count > 0 ? left : null;
    }
    this.tail = this.tail.after(sequence, newest);
    if (newest.size === 0) return;
    for (const task of this.all()) task.noteSealed(newest.get(task.id) ?? -Infinity);
  }

  /** Another has had it until now: all that the store may lack is to be sealed, and saved, by us. */
  takeOver(sealed: number): void {
    this.dropSealed(sealed);
    if (this.sealing) this.tail = this.sealing.joined(this.tail);
    this.sealing = null;
    this.isSaved = false;
    for (const task of this.all()) task.isSaved = false;
  }

  forget(taskId: string): void {
    this.tasks.delete(taskId);
  }

  add(task: TaskOfAgent): void {
    if (task.taskId === "") this.hostTask = task;
    else this.tasks.set(task.taskId, task);
  }

  /** All of its tasks, that of the host itself among them. */
  *all(): Generator<TaskOfAgent> {
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
