import type { AgentControl } from "../model/arrival.ts";
import type { Figures } from "../model/column.ts";
import type { Presence, StoredSample } from "../model/view.ts";
import type { UnitKey } from "../model/unit.ts";
import type { AgentRow } from "../store/contract.ts";
import { Tail } from "../chunk/tail.ts";
import { COUNTERS_AT, figuresOf } from "./increases.ts";
import { inTimeOrder } from "./time_order.ts";
import { TwoUnderOneName } from "./two_under_one_name.ts";
import type { AgentOfTask, TaskOfAgent } from "./task_state.ts";

/** Of so many of its messages the clock of an agent is reckoned. */
const OFFSETS = 8;

/** Counters of which nothing is known. */
const UNKNOWN = new Float64Array(COUNTERS_AT.length).fill(NaN);

/** Samples of an agent that follow each other without a gap, and what its tasks' counters were before them. */
export class Stretch {
  readonly tail = new Tail();
  /**
   * Of each place in the tail the counters: whole figures take several times as much, of every task. There are none
   * while no task has had a sample before, as when an agent is new.
   */
  #before: Float64Array | null = null;
  #count = 0;
  /** Tasks of which some came after newer samples. */
  readonly #late = new Set<number>();
  /** Figures of programs' own before it, of those tasks that have some. */
  readonly #customBefore = new Map<number, ReadonlyMap<string, number>>();
  /** Of managers that share a store: up to which entry of the journal so many samples are. */
  readonly #marks: { readonly sequence: number; readonly count: number }[] = [];

  /** @param expected how many tasks will be in it, about: so much room is made at once */
  constructor(readonly expected = 0) {}

  /** How many tasks are in it. */
  get taskCount(): number {
    return this.#count;
  }

  /** Whether some of a task's came after newer samples of it. */
  isLate(task: number): boolean {
    return this.#late.has(task);
  }

  /** Append one that comes after newer samples of its task. */
  appendLate(task: number, sample: StoredSample): void {
    this.#late.add(task);
    this.append(task, sample, null, null, true);
  }

  /**
   * @param before the figures of the task's sample before; null where there is none
   * @param customBefore those of its own
   * @param isAfterGap whether what is before it in here is not that sample, which is stored elsewhere, or came late
   */
  append(
    task: number,
    sample: StoredSample,
    before: Figures | null,
    customBefore: ReadonlyMap<string, number> | null,
    isAfterGap: boolean,
  ): void {
    const place = this.tail.append(task, sample, isAfterGap ? null : before);
    if (place < this.#count) return;
    this.#count = place + 1;
    if (customBefore) this.#customBefore.set(task, customBefore);
    if (!before) return;
    const counters = this.#roomFor(place);
    for (let n = 0; n < COUNTERS_AT.length; n++) {
      counters[place * COUNTERS_AT.length + n] = before[COUNTERS_AT[n]];
    }
  }

  /** What is not written in it is NaN: nothing is known. */
  #roomFor(place: number): Float64Array {
    const room = this.#before;
    const needed = (place + 1) * COUNTERS_AT.length;
    if (room !== null && room.length >= needed) return room;
    const places = Math.max(this.expected, place + 1, room === null ? 0 : Math.ceil(place * 1.5));
    const grown = new Float64Array(places * COUNTERS_AT.length).fill(NaN);
    if (room !== null) grown.set(room);
    return this.#before = grown;
  }

  /** That all of it so far is of entries of the journal up to a number. */
  mark(sequence: number): void {
    const { count } = this.tail;
    if (count > (this.#marks.at(-1)?.count ?? 0)) this.#marks.push({ sequence, count });
  }

  /**
   * What of it is of entries after a number; but for what is older than what its task has up to there.
   * @param newest gets the time of the newest sample up to there, of each task that has one
   */
  after(sequence: number, newest: Map<number, number>): Stretch {
    const sealed = this.#marks.findLast((mark) => mark.sequence <= sequence)?.count ?? 0;
    return sealed === 0 ? this : this.#copy(new Stretch(), sealed, newest);
  }

  /** One of this, and of what has come after it. */
  joined(later: Stretch): Stretch {
    return later.#copy(this.#copy(new Stretch(), 0), 0);
  }

  #copy(into: Stretch, from: number, newest = new Map<number, number>()): Stretch {
    for (const task of this.#late) into.#late.add(task);
    const shift = into.tail.count - from;
    /** Of each task the newest that is not copied, and the last that is. */
    const [before, copied] = [new Map<number, StoredSample>(), new Map<number, StoredSample>()];
    const leftOut: number[] = [];
    let row = -1;
    for (const [task, sample] of this.tail.rows()) {
      const known = before.get(task);
      const isOld = known !== undefined && sample.time < known.time;
      if (++row < from) {
        if (!isOld) before.set(task, sample);
        continue;
      }
      if (isOld) {
        leftOut.push(row);
        continue;
      }
      const last = copied.get(task) ?? known;
      const [figures, custom] = last
        ? [last.figures, last.custom]
        : [this.before(task), this.customBefore(task)];
      into.append(task, sample, figures, custom, !copied.has(task));
      copied.set(task, sample);
    }
    for (const [task, { time }] of before) newest.set(task, time);
    let out = 0;
    for (const { sequence, count } of this.#marks) {
      while (out < leftOut.length && leftOut[out] < count) out++;
      if (count - out > from) into.#marks.push({ sequence, count: count - out + shift });
    }
    return into;
  }

  /** The samples of a task in a stretch of time, both ends included, oldest first. */
  samples(task: number, from: number, until: number): readonly StoredSample[] {
    const isOutside = from > this.tail.until || until < this.tail.from;
    if (isOutside || !this.#late.has(task)) return this.tail.samples(task, from, until);
    const samples = this.tail.samples(task, -Infinity, Infinity);
    const all = inTimeOrder(samples, this.before(task), this.customBefore(task));
    return all.filter(({ time }) => time >= from && time <= until);
  }

  /** The figures of a task's own before it; null where nothing is known. */
  customBefore(task: number): ReadonlyMap<string, number> | null {
    return this.#customBefore.get(task) ?? null;
  }

  /** The counters of a task before it, as far as they are known; null where there is nothing of the task. */
  before(task: number): Figures | null {
    const place = this.tail.placeOf(task);
    if (place < 0) return null;
    const start = place * COUNTERS_AT.length;
    const counters = this.#before?.subarray(start, start + COUNTERS_AT.length);
    return figuresOf(counters?.length === COUNTERS_AT.length ? counters : UNKNOWN);
  }
}

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
