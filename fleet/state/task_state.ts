import { COLUMN_AT, kindOf } from "../model/column.ts";
import type { Figures } from "../model/column.ts";
import type { TaskFacts, TaskSample } from "../model/arrival.ts";
import type { AgentView, StoredSample, TaskState, TaskView } from "../model/view.ts";
import type { RunRow, TaskRow } from "../store/contract.ts";
import { NO_LABELS } from "../ingest/fields.ts";
import { COUNTERS_AT } from "./increases.ts";
import { isSame, shared } from "./shared_texts.ts";
import { isBefore, ROUNDING_SECONDS, SAME_START_MS } from "./time_order.ts";

/** Gauges whose highest value is kept of a run. */
const PEAKS = [
  "cpu_percent",
  "memory_bytes",
  "process_count",
  "thread_count",
  "file_descriptor_count",
  "gpu_percent",
  "gpu_memory_bytes",
].map((name) => ({ name, at: COLUMN_AT.get(name)! }));
const PEAKS_AT = COLUMN_AT.size;
const COUNTERS = COUNTERS_AT.map((at) => ({ at, name: [...COLUMN_AT.keys()][at] }));
const UPTIME_AT = COLUMN_AT.get("uptime_seconds")!;
/** What a restart of ours must not forget, so that one of the task is noticed. */
const RESUMED = [...COUNTERS, { at: UPTIME_AT, name: "uptime_seconds" }];
/** When its process began, among the figures that are stored of a task. */
const STARTED_AT = "started_at";
/** When an event was told of it last, likewise. */
const LAST_EVENT = "last_event";
/** How well a quantity is known, among those figures: `quality cpu=exact`. */
const QUALITY = "quality ";

/** The agent of a task, which keeps what is sampled of it. */
export interface AgentOfTask extends AgentView {
  /**
   * Keep a sample.
   * @param before the figures of the task's sample before; null where there is none
   * @param customBefore those of its own
   * @param isAfterGap whether the sample before was not kept here, since it is stored already
   */
  keep(
    task: number,
    sample: StoredSample,
    before: Figures | null,
    customBefore: ReadonlyMap<string, number> | null,
    isAfterGap: boolean,
  ): void;
  /** Keep a sample that comes after newer ones of its task. @returns whether it is not there already */
  keepLate(task: number, sample: StoredSample): boolean;
  /** The samples of a task that are in no chunk yet, oldest first. */
  kept(task: number, from: number, until: number): readonly StoredSample[];
  /** Nothing more is expected of a task. */
  forget(taskId: string): void;
}

/** What of a task changes with samples, at one moment. */
export interface TaskMark {
  readonly task: TaskOfAgent;
  readonly lastTime: number;
  readonly custom: ReadonlyMap<string, number> | null;
  readonly state: TaskState;
  readonly stateSince: number;
  readonly runSince: number;
  readonly startedAt: number | null;
  readonly lastEvent: number;
  readonly quality: Readonly<Record<string, string>>;
  /** What a restart must not forget, and then the peaks. */
  readonly figures: Float64Array;
}

/** A task, or a host itself where its name is empty. */
export class TaskOfAgent implements TaskView {
  target: string | null = null;
  name: string | null = null;
  labels: Readonly<Record<string, string>> = NO_LABELS;
  lastTime = -Infinity;
  /** When an event was told of it last, by our clock. */
  lastEvent = -Infinity;
  state: TaskState = "running";
  stateSince: number;
  runSince: number;
  interval: number | null = null;
  /**
   * Always the same array: a new one for each sample would be as much to collect as there is in memory. The peaks of
   * the run are behind the columns: an array of their own takes twice as much, of every task.
   */
  readonly last: Figures = new Float64Array(PEAKS_AT + PEAKS.length).fill(NaN);
  /** Whether what was kept in memory last is not its last sample: that is stored already, or an older one came late. */
  isAfterGap = false;
  /** The time of the newest sample that is stored, or on its way there. */
  #sealedTime = -Infinity;
  custom: ReadonlyMap<string, number> | null = null;
  isEmbedded = false;
  /** Whether the store knows its number. */
  isNamed = false;
  /** Whether the store has all of this. */
  isSaved = false;
  #quality: Readonly<Record<string, string>> = NO_LABELS;
  #startedAt: number | null = null;

  constructor(
    readonly id: number,
    readonly agent: AgentOfTask,
    readonly taskId: string,
    readonly firstSeen: number,
  ) {
    this.stateSince = this.runSince = firstSeen;
  }

  /** Whether a sample is of another run than the one before. */
  isOfNewRun({ time, figures, facts }: Pick<TaskSample, "time" | "figures" | "facts">): boolean {
    if (this.lastTime === -Infinity) return false;
    const startedAt = facts?.startedAt ?? null;
    if (startedAt !== null && this.#startedAt !== null) {
      return Math.abs(startedAt - this.#startedAt) > SAME_START_MS;
    }
    if (this.state === "ended" || this.state === "stopped") {
      // What began before its last sample is what was said to be over: its counters go on.
      const start = this.startOf({ time, figures, facts });
      return start === null || start > this.lastTime - SAME_START_MS;
    }
    if (figures[UPTIME_AT] < this.last[UPTIME_AT] - ROUNDING_SECONDS) return true;
    return COUNTERS_AT.some((at) => figures[at] < this.last[at]);
  }

  /** When the run of a sample began, as far as it tells; null where it does not. */
  startOf({ time, figures, facts }: Pick<TaskSample, "time" | "figures" | "facts">): number | null {
    const start = Math.round(facts?.startedAt ?? time - figures[UPTIME_AT] * 1_000);
    // Nothing began after it was looked at, nor before there were such clocks.
    return start >= 0 ? Math.min(start, time) : null;
  }

  /** Samples up to a time are stored, or on their way there. */
  noteSealed(time: number): void {
    this.#sealedTime = Math.max(this.#sealedTime, time);
  }

  /**
   * Whether a sample that is not newer than the last one may be one that came late, as where a broker gives again what
   * was not acknowledged: of what is stored it is not known any more what is there, and after a clock that was set back
   * counters are not what they were.
   */
  mayBeLate({ time, figures }: Pick<TaskSample, "time" | "figures">): boolean {
    return time < this.lastTime && time > this.#sealedTime && isBefore(figures, this.last);
  }

  /** Take over what of a late sample is of its run. */
  takeLate(time: number, figures: Figures): void {
    this.isAfterGap = true;
    if (time >= this.runSince) this.#raisePeaks(figures);
    this.isSaved = false;
  }

  beginRun(since: number): void {
    this.runSince = since;
    this.last.fill(NaN, PEAKS_AT);
    this.#quality = NO_LABELS;
  }

  /** Take the figures of a sample over, after listeners had them. */
  take(
    time: number,
    figures: Figures,
    custom: ReadonlyMap<string, number> | null,
    quality: Readonly<Record<string, string>> | null,
  ): void {
    if (this.lastTime !== -Infinity) this.interval = time - this.lastTime;
    this.lastTime = time;
    this.last.set(figures);
    this.custom = custom;
    if (quality) this.#quality = shared(quality);
    this.#raisePeaks(figures);
    this.isSaved = false;
  }

  #raisePeaks(figures: Figures): void {
    for (let n = 0; n < PEAKS.length; n++) {
      const value = figures[PEAKS[n].at];
      if (value >= this.last[PEAKS_AT + n] || Number.isNaN(this.last[PEAKS_AT + n])) {
        this.last[PEAKS_AT + n] = value;
      }
    }
  }

  /** What is told of its process. */
  know(facts: TaskFacts): void {
    if (facts.startedAt !== null) this.#startedAt = facts.startedAt;
    this.target = facts.target ?? this.target;
    this.name = facts.name ?? this.name;
    if (!isSame(this.labels, facts.labels)) this.labels = facts.labels;
  }

  change(state: TaskState, at: number): void {
    this.state = state;
    this.stateSince = at;
    this.isSaved = false;
  }

  /** Its run up to now, as one that has ended so. */
  run(state: RunRow["state"], ended: number, error: string | null): RunRow {
    const figures: Record<string, number> = {};
    for (const { name, at } of COUNTERS) if (!Number.isNaN(this.last[at])) figures[name] = this.last[at];
    PEAKS.forEach(({ name }, n) => {
      const peak = this.last[PEAKS_AT + n];
      if (!Number.isNaN(peak)) figures[`max_${name}`] = peak;
    });
    return { task: this.id, started: this.runSince, ended, state, error, figures, quality: this.#quality };
  }

  /** What of it changes with samples, as it is now: to be stored later, when everything up to now is. */
  mark(): TaskMark {
    const { lastTime, custom, state, stateSince, runSince, lastEvent } = this;
    const figures = new Float64Array(RESUMED.length + PEAKS.length);
    for (let n = 0; n < RESUMED.length; n++) figures[n] = this.last[RESUMED[n].at];
    for (let n = 0; n < PEAKS.length; n++) figures[RESUMED.length + n] = this.last[PEAKS_AT + n];
    const [startedAt, quality] = [this.#startedAt, this.#quality];
    const since = { stateSince, runSince, startedAt, lastEvent };
    return { task: this, lastTime, custom, state, ...since, quality, figures };
  }

  /** As the store keeps it, by a mark; without one nothing but what it is called, as of a task that is new. */
  row(mark: TaskMark | null): TaskRow {
    const { id, taskId, target, name, labels, firstSeen } = this;
    const names = { id, agent: this.agent.id, taskId, target, name, labels, firstSeen };
    if (!mark) {
      const since = firstSeen;
      return { ...names, lastTime: 0, state: "running", stateSince: since, runSince: since, last: null };
    }
    const last: Record<string, number> = {};
    RESUMED.forEach(({ name }, n) => {
      if (!Number.isNaN(mark.figures[n])) last[name] = mark.figures[n];
    });
    for (const [own, value] of mark.custom ?? []) if (kindOf(own) === "counter") last[own] = value;
    if (mark.startedAt !== null) last[STARTED_AT] = mark.startedAt;
    if (mark.lastEvent > 0) last[LAST_EVENT] = mark.lastEvent;
    PEAKS.forEach(({ name }, n) => {
      const peak = mark.figures[RESUMED.length + n];
      if (!Number.isNaN(peak)) last[`max_${name}`] = peak;
    });
    for (const quantity in mark.quality) last[`${QUALITY}${quantity}=${mark.quality[quantity]}`] = 1;
    const { lastTime, state, stateSince, runSince } = mark;
    return { ...names, lastTime, state, stateSince, runSince, last };
  }

  /** When it was heard of last, by what the store has; it may have no more of it than a name. */
  static heardOf({ lastTime, firstSeen, last }: TaskRow): number {
    return Math.max(lastTime > 0 ? lastTime : firstSeen, last?.[LAST_EVENT] ?? 0);
  }

  /** As it was when the store had it last. */
  static of(row: TaskRow, agent: AgentOfTask): TaskOfAgent {
    const task = new TaskOfAgent(row.id, agent, row.taskId, row.firstSeen);
    const { target, name, labels, stateSince, runSince } = row;
    if (!isSame(NO_LABELS, labels)) task.labels = labels;
    Object.assign(task, { target, name, stateSince, runSince, isNamed: true, isSaved: true });
    task.lastTime = task.#sealedTime = row.lastTime > 0 ? row.lastTime : -Infinity;
    task.state = row.state as TaskState;
    const custom = new Map<string, number>();
    const quality: Record<string, string> = {};
    for (const [column, value] of Object.entries(row.last ?? {})) {
      const at = COLUMN_AT.get(column);
      if (at !== undefined) task.last[at] = value;
      else if (kindOf(column) === "counter") custom.set(column, value);
      if (!column.startsWith(QUALITY)) continue;
      const end = column.indexOf("=");
      quality[column.slice(QUALITY.length, end)] = column.slice(end + 1);
    }
    if (custom.size > 0) task.custom = custom;
    task.#quality = shared(quality);
    task.#startedAt = row.last?.[STARTED_AT] ?? null;
    task.lastEvent = row.last?.[LAST_EVENT] ?? -Infinity;
    PEAKS.forEach(({ name }, n) => task.last[PEAKS_AT + n] = row.last?.[`max_${name}`] ?? NaN);
    return task;
  }
}
