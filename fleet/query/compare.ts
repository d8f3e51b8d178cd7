import { describe, holm, welch } from "../../core/compare/statistics.ts";
import { kindOf } from "../model/column.ts";
import type { Description } from "../../core/compare/statistics.ts";
import type { FleetView, TaskView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { FIVE_MINUTES_MS, HOUR_MS } from "./history.ts";
import type { History } from "./history.ts";
import { QueryError } from "./query_error.ts";
import { unitsOf } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { selected } from "./selection.ts";
import type { Selection } from "./selection.ts";
import { LONGEST_MS } from "./top.ts";
import type { TopReader } from "./top.ts";
import { checkColumn } from "./wanted_column.ts";

/** What is one value of a side. */
export const BASES = ["tasks", "runs", "moments"] as const;
/** What is one value of a side. */
export type Basis = typeof BASES[number];

/** A test needs so many values on either side: with two, chance makes any difference. */
const FEWEST = 3;
const CONFIDENCE = 0.95;
/** Each of them is read over the whole of its range. */
const MOST_TASKS_OF_MOMENTS = 50;
const MOST_RUNS = 10_000;
const MOST_COLUMNS = 20;
/** Clocks of agents may be ahead of ours so far: nothing is later. */
const LATEST_MS = HOUR_MS;

/** One of two that are compared. */
export interface Side {
  readonly selection: Selection;
  readonly from: number;
  readonly until: number;
}

/** What of two sides is compared. */
export interface CompareQuestion {
  readonly sides: readonly [Side, Side];
  readonly columns: readonly string[];
  readonly basis: Basis;
}

/** What the values of a side come to; null where there are none. */
export interface SideFigures {
  readonly count: number;
  readonly mean: number | null;
  readonly deviation: number | null;
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** How the second side differs from the first in a column. */
export interface ColumnDifference {
  readonly column: string;
  /** What the figures are: an average, a rate by the second, a run's total, or its highest. */
  readonly figure: "average" | "rate" | "total" | "peak";
  readonly sides: readonly [SideFigures, SideFigures];
  readonly difference: number | null;
  readonly differencePercent: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly probability: number | null;
  /** By Holm's method, for all columns together. */
  readonly adjustedProbability: number | null;
  readonly verdict: "more" | "less" | "within_noise" | "too_few" | "unknown";
}

/** Two sides, held against each other. */
export interface FleetComparison {
  readonly basis: Basis;
  readonly confidencePercent: number;
  readonly columns: readonly ColumnDifference[];
  /** What a reader has to know beside the figures. */
  readonly notes: readonly string[];
}

/** Holds two periods, or two groups, against each other. */
export class Comparer {
  constructor(
    readonly view: FleetView,
    readonly store: Store,
    readonly history: History,
    readonly top: TopReader,
  ) {}

  /** @throws QueryError */
  async compare(
    { sides: asked, columns, basis }: CompareQuestion,
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<FleetComparison> {
    check(asked, columns);
    const latest = this.top.now() + LATEST_MS;
    const sides = [upTo(asked[0], latest, 0), upTo(asked[1], latest, 1)] as const;
    const tasks = sides.map(({ selection }) => [...selected(this.view, scope, selection)]);
    const rows: ColumnDifference[] = [];
    const runs = basis === "runs"
      ? await Promise.all(sides.map((side, at) => this.#runs(side, tasks[at], scope)))
      : null;
    for (const column of columns) {
      signal?.throwIfAborted();
      const values: number[][] = [];
      for (const [at, side] of sides.entries()) {
        if (runs) {
          const name = kindOf(column) === "counter" ? column : `max_${column}`;
          values.push(runs[at].map(({ figures }) => figures[name]).filter((value) => value !== undefined));
        } else if (basis === "tasks") values.push(await this.#byTask(side, tasks[at], column, signal));
        else values.push(await this.#byMoment(side, tasks[at], column, signal));
      }
      rows.push(differ(column, basis, values[0], values[1]));
    }
    const tested = rows.filter(({ probability }) => probability !== null);
    const adjusted = holm(tested.map(({ probability }) => probability!));
    const settled = rows.map((row) => settle(row, adjusted[tested.indexOf(row)]));
    return {
      basis,
      confidencePercent: CONFIDENCE * 100,
      columns: settled,
      notes: notesOf(basis, sides, tasks),
    };
  }

  async #byTask(
    { from, until }: Side,
    tasks: readonly TaskView[],
    column: string,
    signal?: AbortSignal,
  ): Promise<number[]> {
    const units = new Set(tasks.map(({ agent }) => agent.unit));
    const isCounter = kindOf(column) === "counter";
    const measure = isCounter ? "increase" : "average";
    const sums = await this.top.sumsOf(column, measure, { from, until }, units, signal);
    return tasks.map(({ id }) => sums.valueOf(id)).filter((value) => !Number.isNaN(value))
      .map((value) => isCounter ? value * 1_000 / (until - from) : value);
  }

  /** What all of the tasks have together in each five minutes. */
  async #byMoment(
    { from, until }: Side,
    tasks: readonly TaskView[],
    column: string,
    signal?: AbortSignal,
  ): Promise<number[]> {
    if (tasks.length > MOST_TASKS_OF_MOMENTS) {
      throw new QueryError(
        "invalid",
        `basis: a side has ${tasks.length} tasks, and moments are compared of ${MOST_TASKS_OF_MOMENTS} at most; ` +
          "compare by tasks",
      );
    }
    const sums = new Map<number, number>();
    const [first, end] = [from, until].map((at) => Math.ceil(at / FIVE_MINUTES_MS) * FIVE_MINUTES_MS);
    for (const task of tasks) {
      for (const [bucket, byColumn] of await this.history.rolls(task, first, end, [column], signal)) {
        const roll = byColumn.get(column);
        if (!roll || roll.n === 0) continue;
        const value = kindOf(column) === "counter"
          ? roll.increase * 1_000 / FIVE_MINUTES_MS
          : roll.sum / roll.n;
        sums.set(bucket, (sums.get(bucket) ?? 0) + value);
      }
    }
    return [...sums.values()];
  }

  async #runs({ from, until }: Side, tasks: readonly TaskView[], scope: Scope) {
    const ids = new Set(tasks.map(({ id }) => id));
    const one = ids.size === 1 ? { task: [...ids][0] } : {};
    const units = unitsOf(scope) ?? undefined;
    const found = await this.store.runs({ ...one, units, from, until, limit: MOST_RUNS });
    return found.filter(({ task }) => ids.has(task));
  }
}

function differ(column: string, basis: Basis, first: number[], second: number[]): ColumnDifference {
  const isCounter = kindOf(column) === "counter";
  const figure = basis === "runs" ? (isCounter ? "total" : "peak") : isCounter ? "rate" : "average";
  const sides = [first, second].map((values) => values.length === 0 ? null : describe(values));
  const open: ColumnDifference = {
    column,
    figure,
    sides: [figuresOf(sides[0]), figuresOf(sides[1])],
    difference: null,
    differencePercent: null,
    low: null,
    high: null,
    probability: null,
    adjustedProbability: null,
    verdict: "unknown",
  };
  const [one, other] = sides;
  if (!one || !other) return open;
  const difference = other.mean - one.mean;
  const known = {
    ...open,
    difference,
    differencePercent: one.mean === 0 ? null : difference / one.mean * 100,
  };
  if (Math.min(one.count, other.count) < FEWEST) return { ...known, verdict: "too_few" };
  const { low, high, probability } = welch(one, other, CONFIDENCE);
  return { ...known, low, high, probability };
}

function settle(row: ColumnDifference, adjusted: number | undefined): ColumnDifference {
  if (adjusted === undefined) return row;
  const isOne = adjusted < 1 - CONFIDENCE;
  const verdict = !isOne ? "within_noise" : row.difference! > 0 ? "more" : "less";
  return { ...row, adjustedProbability: adjusted, verdict };
}

function figuresOf(side: Description | null): SideFigures {
  if (!side) return { count: 0, mean: null, deviation: null, median: null, min: null, max: null };
  const { count, mean, deviation, median, min, max } = side;
  return { count, mean, deviation: Number.isNaN(deviation) ? null : deviation, median, min, max };
}

function notesOf(basis: Basis, sides: readonly Side[], tasks: readonly (readonly TaskView[])[]): string[] {
  const notes: string[] = [];
  tasks.forEach((all, at) => {
    if (all.length === 0) notes.push(`${at === 0 ? "the first" : "the second"} side has no task`);
  });
  if (basis === "moments") {
    notes.push("five minutes are much like those before them: differences seem surer than they are");
  }
  const hours = sides.map(({ from }) => Math.floor(from / 3_600_000) % 24);
  if (hours[0] !== hours[1]) notes.push("the periods begin at different hours of the day");
  return notes;
}

function check(sides: readonly Side[], columns: readonly string[]): void {
  for (const [at, { from, until }] of sides.entries()) {
    if (!(from < until)) throw new QueryError("invalid", `sides.${at}.from: it has to be before until`);
    if (until - from > LONGEST_MS) {
      throw new QueryError("invalid", `sides.${at}.from: periods are of three years at most`);
    }
  }
  if (columns.length === 0 || columns.length > MOST_COLUMNS) {
    throw new QueryError("invalid", `columns: name from 1 to ${MOST_COLUMNS}, such as cpu_percent`);
  }
  for (const name of columns) checkColumn(name);
}

/** A side without what is yet to come. */
function upTo(side: Side, latest: number, at: number): Side {
  if (side.from < latest) return { ...side, until: Math.min(side.until, latest) };
  throw new QueryError("invalid", `sides.${at}.from: it is later than now`);
}
