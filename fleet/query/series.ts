import { addRoll, emptyRoll } from "../chunk/rolls.ts";
import type { FleetView, Roll, StoredSample, TaskView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { HOUR_MS } from "./history.ts";
import type { TaskRolls } from "../chunk/rolls.ts";
import type { History } from "./history.ts";
import { QueryError } from "./query_error.ts";
import { readHours } from "./read_hours.ts";
import { ColumnRoller } from "./roll_up.ts";
import { seenTask } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { chooseTier } from "./tier.ts";
import type { Reaches, Tier } from "./tier.ts";
import { figureOf } from "./wanted_column.ts";
import type { WantedColumn } from "./wanted_column.ts";

/** Nobody can look at more lines at once. */
export const MOST_SERIES = 50;
/** Columns of one question. */
export const MOST_COLUMNS = 20;
/** Points of one series. */
export const MOST_POINTS = 11_000;
/** As many as a chart of a screen has room for. */
export const DEFAULT_POINTS = 300;
/** Samples are shown as they are, unless there are so many times the points that are wanted. */
const MOST_SAMPLES_A_POINT = 4;
/** A silence this many times as long as the usual time between samples is a gap. */
const GAP = 3;
/** So many hours before this one may not be made yet. */
const LATEST_HOURS = 3;
/** Steps that people like, for samples that are too many. */
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600].map((seconds) =>
  seconds * 1_000
);

/** What is asked of tasks over time. */
export interface SeriesQuestion {
  /** Tasks by their numbers; that of a host is `hostTask` of its agent. */
  readonly tasks: readonly number[];
  readonly columns: readonly WantedColumn[];
  readonly from: number;
  readonly until: number;
  /** Time between points, ms; null: as it fits. */
  readonly step: number | null;
  /** So many at least, where there are so many samples. */
  readonly points: number;
}

/** A task over time, in columns of numbers. */
export interface Series {
  readonly task: number;
  readonly tier: Tier;
  /** Time between points, ms; null: they are the samples themselves. */
  readonly step: number | null;
  /** Of each point: the beginning of its step, or the time of the sample. */
  readonly times: readonly number[];
  /** By column, as it was asked for; null where nothing is known. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Answers what tasks did over time. */
export class SeriesReader {
  constructor(
    readonly view: FleetView,
    readonly store: Store,
    readonly history: History,
    readonly reaches: Reaches,
    readonly now: () => number,
  ) {}

  /** @throws QueryError */
  async read(question: SeriesQuestion, scope: Scope, signal?: AbortSignal): Promise<Series[]> {
    checkQuestion(question);
    const tasks = question.tasks.map((id) => seenTask(this.view, scope, id));
    const reach = await this.reaches.get();
    const needsRaw = question.columns.some(({ aggregation }) => aggregation === "last");
    const found: Series[] = [];
    for (const task of tasks) {
      signal?.throwIfAborted();
      const taskCount = this.#tasksOf(task);
      const { tier, step } = chooseTier({ ...question, needsRaw, taskCount }, reach);
      found.push(
        tier === "raw"
          ? await this.#ofSamples(task, question, step, signal)
          : await this.#ofRolls(task, question, tier, step!, signal),
      );
    }
    return found;
  }

  #tasksOf({ agent: { unit } }: TaskView): number {
    let count = 0;
    for (const { tasks } of this.view.units.get(unit) ?? []) count += tasks.size + 1;
    return count;
  }

  async #ofSamples(
    task: TaskView,
    { columns, from, until, points }: SeriesQuestion,
    step: number | null,
    signal?: AbortSignal,
  ): Promise<Series> {
    const names = namesOf(columns);
    const steps = new Steps(from, until, step ?? stepFor(until - from, points));
    const samples = await this.history.samples(task, steps.start, steps.end, names, signal);
    const needsBefore = samples.length > 0 && !samples[0].begins && columns.some(isOfIncrease);
    const before = needsBefore ? await this.history.before(task, steps.start, names) : null;
    signal?.throwIfAborted();
    if (step === null && samples.length <= MOST_SAMPLES_A_POINT * points) {
      return { task: task.id, tier: "raw", step, ...asTheyAre(samples, columns, before, from, until) };
    }
    const values = columns.map((column) => [keyOf(column), this.#inSteps(samples, column, before, steps)]);
    return {
      task: task.id,
      tier: "raw",
      step: steps.step,
      times: steps.times(),
      values: Object.fromEntries(values),
    };
  }

  #inSteps(
    samples: readonly StoredSample[],
    column: WantedColumn,
    before: StoredSample | null,
    steps: Steps,
  ): (number | null)[] {
    const roller = new ColumnRoller(column.name, before);
    const rolls: (Roll | undefined)[] = new Array(steps.count);
    const isKnown = new Array<boolean>(steps.count).fill(!isOfIncrease(column));
    const last: (number | null)[] = new Array(steps.count).fill(null);
    for (const sample of samples) {
      const at = steps.of(sample.time);
      if (!Number.isNaN(roller.add(sample, rolls[at] ??= emptyRoll()))) isKnown[at] = true;
      const value = figureOf(sample, column.name);
      if (!Number.isNaN(value)) last[at] = value;
    }
    if (column.aggregation === "last") return last;
    return Array.from(
      rolls,
      (roll, at) => isKnown[at] ? told(roll, column, steps.seconds(at, this.now())) : null,
    );
  }

  async #ofRolls(
    task: TaskView,
    { columns, from, until }: SeriesQuestion,
    tier: "fiveMinutes" | "hours",
    step: number,
    signal?: AbortSignal,
  ): Promise<Series> {
    const names = namesOf(columns);
    const steps = new Steps(from, until, step);
    const rolls = tier === "hours"
      ? await this.#hours(task, names, steps.start, steps.end, signal)
      : await this.history.rolls(task, steps.start, steps.end, names, signal);
    const values: Record<string, (number | null)[]> = {};
    for (const column of columns) {
      const sums: (Roll | undefined)[] = new Array(steps.count);
      for (const [bucket, byColumn] of rolls) {
        const roll = byColumn.get(column.name);
        if (roll) addRoll(sums[steps.of(bucket)] ??= emptyRoll(), roll);
      }
      values[keyOf(column)] = Array.from(
        sums,
        (roll, at) => told(roll, column, steps.seconds(at, this.now())),
      );
    }
    return { task: task.id, tier, step, times: steps.times(), values };
  }

  /** The hours of a task; those that are not made yet of their samples and five minutes. */
  async #hours(
    task: TaskView,
    names: readonly string[],
    from: number,
    until: number,
    signal?: AbortSignal,
  ): Promise<TaskRolls> {
    const { unit } = task.agent;
    const open = new Set(this.view.openHours().filter((hour) => hour >= from && hour < until));
    // What is over may not be made yet: of the latest hours five minutes always tell.
    const latest = Math.floor(this.now() / HOUR_MS) * HOUR_MS;
    for (
      let hour = Math.max(from, latest - LATEST_HOURS * HOUR_MS);
      hour < until && hour <= latest;
      hour += HOUR_MS
    ) {
      open.add(hour);
    }
    const rolls: TaskRolls = new Map();
    const put = (hour: number, name: string, roll: Roll) => {
      let byColumn = rolls.get(hour);
      if (!byColumn) rolls.set(hour, byColumn = new Map());
      const sum = byColumn.get(name);
      if (sum) addRoll(sum, roll);
      else byColumn.set(name, { ...roll });
    };
    for (const name of names) {
      // Nothing is later than now.
      const end = Math.min(until, latest + HOUR_MS);
      for await (const { hour, rolls: all } of readHours(this.store, unit, name, from, end, signal)) {
        if (open.has(hour)) continue;
        for (const [id, roll] of all) if (id === task.id) put(hour, name, roll);
      }
    }
    for (const hour of open) {
      for (const byColumn of (await this.history.rolls(task, hour, hour + HOUR_MS, names, signal)).values()) {
        for (const [name, roll] of byColumn) put(hour, name, roll);
      }
    }
    return rolls;
  }
}

/** How a column is called in an answer: as it can be asked for. */
export function keyOf({ name, aggregation }: WantedColumn): string {
  return `${name}:${aggregation}`;
}

function isOfIncrease({ aggregation }: WantedColumn): boolean {
  return aggregation === "rate" || aggregation === "increase";
}

function namesOf(columns: readonly WantedColumn[]): string[] {
  return [...new Set(columns.map(({ name }) => name))];
}

/** The steps of a range: they begin at multiples of their length. */
class Steps {
  readonly start: number;
  readonly end: number;
  readonly count: number;

  constructor(from: number, until: number, readonly step: number) {
    this.start = Math.floor(from / step) * step;
    this.end = Math.ceil(until / step) * step;
    this.count = Math.round((this.end - this.start) / step);
    if (this.count <= MOST_POINTS) return;
    throw new QueryError(
      "invalid",
      `step: it makes ${this.count} points, and ${MOST_POINTS} are the most; ask for a longer one, or a shorter range`,
    );
  }

  of(time: number): number {
    return Math.floor((time - this.start) / this.step);
  }

  /** What of a step is over: the last one may be under way. */
  seconds(at: number, now: number): number {
    const from = this.start + at * this.step;
    const elapsed = now > from ? Math.min(this.step, now - from) : this.step;
    return elapsed / 1_000;
  }

  times(): number[] {
    return Array.from({ length: this.count }, (_, at) => this.start + at * this.step);
  }
}

/** @param seconds what its increase came about in */
function told(roll: Roll | undefined, { aggregation }: WantedColumn, seconds: number): number | null {
  if (!roll || roll.n === 0) return null;
  switch (aggregation) {
    case "avg":
      return roll.sum / roll.n;
    case "min":
      return roll.min;
    case "max":
      return roll.max;
    case "increase":
      return roll.increase;
    case "rate":
      return roll.increase / seconds;
    case "last":
      return null;
  }
}

/** Every sample a point, and one without figures in every gap. */
function asTheyAre(
  samples: readonly StoredSample[],
  columns: readonly WantedColumn[],
  before: StoredSample | null,
  from: number,
  until: number,
): Pick<Series, "times" | "values"> {
  const pauses = samples.slice(1).map(({ time }, at) => time - samples[at].time).sort((a, b) => a - b);
  const usual = pauses[pauses.length >> 1] ?? Infinity;
  const times: number[] = [];
  const values: (number | null)[][] = columns.map(() => []);
  const rollers = columns.map(({ name }) => new ColumnRoller(name, before));
  let earlier = before?.time ?? NaN;
  for (const sample of samples) {
    const isIn = sample.time >= from && sample.time < until;
    if (times.length > 0 && isIn && sample.time - earlier > GAP * usual) {
      times.push(earlier + usual);
      for (const column of values) column.push(null);
    }
    if (isIn) times.push(sample.time);
    columns.forEach(({ name, aggregation }, at) => {
      const increase = rollers[at].add(sample, emptyRoll());
      if (!isIn) return;
      const figure = aggregation === "increase"
        ? increase
        : aggregation === "rate"
        ? increase * 1_000 / (sample.time - earlier)
        : figureOf(sample, name);
      values[at].push(Number.isNaN(figure) ? null : figure);
    });
    earlier = sample.time;
  }
  return { times, values: Object.fromEntries(columns.map((column, at) => [keyOf(column), values[at]])) };
}

function stepFor(range: number, points: number): number {
  return STEPS_MS.findLast((step) => step * points <= range) ?? STEPS_MS[0];
}

function checkQuestion({ tasks, columns, from, until, step, points }: SeriesQuestion): void {
  const fault = (message: string) => new QueryError("invalid", message);
  if (tasks.length > MOST_SERIES) {
    throw fault(`tasks: ${tasks.length} are too many; ${MOST_SERIES} are the most`);
  }
  if (columns.length === 0) throw fault("columns: none is named; name some, such as cpu_percent");
  if (columns.length > MOST_COLUMNS) {
    throw fault(`columns: ${columns.length} are too many; ${MOST_COLUMNS} are the most`);
  }
  if (!(from < until)) throw fault("from: it has to be before until");
  if (step !== null && step < 1_000) throw fault("step: the shortest is 1s");
  if (points < 1 || points > MOST_POINTS) throw fault(`points: it has to be from 1 to ${MOST_POINTS}`);
}
