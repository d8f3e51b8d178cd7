import type { FleetView } from "../model/view.ts";
import { Turns } from "../store/turn.ts";
import { QueryError } from "./query_error.ts";
import type { Scope } from "./scope.ts";
import { hostOf } from "./scope.ts";
import { selected } from "./selection.ts";
import type { Selection } from "./selection.ts";
import { MOST_POINTS as MOST_STEPS, MOST_SERIES } from "./series.ts";
import type { Series, SeriesReader } from "./series.ts";
import type { WantedColumn } from "./wanted_column.ts";

/** Tasks that are looked at: each is read over the whole of the range. */
const MOST_TASKS = 500;
const MOST_POINTS = 400;
/** Steps that all tasks share, no shorter than what they sample at; those from five minutes on are of the tiers. */
const STEPS_MS = [60, 300, 900, 1_800, 3_600, 21_600, 86_400].map((seconds) => seconds * 1_000);

/** What is asked of many tasks at once. */
export interface CrowdQuestion {
  readonly selection: Selection;
  readonly column: WantedColumn;
  readonly from: number;
  readonly until: number;
  readonly points: number;
  /** Tasks that have lines of their own. */
  readonly limit: number;
}

/** A task that has most of a column. */
export interface CrowdLine {
  readonly task: number;
  readonly name: string;
  readonly host: string;
  readonly values: readonly (number | null)[];
}

/** Many tasks over time, as few lines: those that have most, the rest together, and where all of them lie. */
export interface Crowd {
  readonly step: number;
  /** The beginnings of steps. */
  readonly times: readonly number[];
  /** Those with most on average first. */
  readonly top: readonly CrowdLine[];
  /** What all others have together, null where they have nothing. */
  readonly rest: readonly (number | null)[];
  readonly rest_count: number;
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  /** Tasks that were not looked at, since there are too many. */
  readonly left_out: number;
}

/** Many tasks over time, without a line for each. @throws QueryError */
export async function crowdOf(
  view: FleetView,
  series: SeriesReader,
  { selection, column, from, until, points, limit }: CrowdQuestion,
  scope: Scope,
  signal?: AbortSignal,
): Promise<Crowd> {
  if (!(from < until)) throw new QueryError("invalid", "from: it has to be before until");
  if (points < 1 || points > MOST_POINTS) {
    throw new QueryError("invalid", `points: it has to be from 1 to ${MOST_POINTS}`);
  }
  if (limit < 0 || limit > MOST_SERIES) {
    throw new QueryError("invalid", `limit: it has to be from 0 to ${MOST_SERIES}`);
  }
  const step = STEPS_MS.findLast((one) => one * points <= until - from) ?? STEPS_MS[0];
  const start = Math.floor(from / step) * step;
  const count = Math.ceil((until - start) / step);
  // Of no task as well: nobody may have arrays made as long as the time that is asked for.
  if (count > MOST_STEPS) {
    throw new QueryError(
      "invalid",
      `from: the range has ${count} steps of ${
        step / 1_000
      } s, and ${MOST_STEPS} are the most; ask for a shorter range`,
    );
  }
  const all = [...selected(view, scope, selection)];
  const tasks = all.slice(0, MOST_TASKS);
  const found: Series[] = [];
  for (let at = 0; at < tasks.length; at += MOST_SERIES) {
    const piece = tasks.slice(at, at + MOST_SERIES).map(({ id }) => id);
    const question = { tasks: piece, columns: [column], from, until, step, points };
    found.push(...await series.read(question, scope, signal));
  }
  const turns = new Turns();
  const times = Array.from({ length: count }, (_, at) => start + at * step);
  const lines: { readonly task: number; readonly values: readonly (number | null)[] }[] = [];
  for (const { task, times: own, values } of found) {
    const [line = []] = Object.values(values);
    const byTime = new Map(own.map((time, at) => [time, line[at]]));
    const inSteps = times.map((time) => byTime.get(time) ?? null);
    if (inSteps.some((value) => value !== null)) lines.push({ task, values: inSteps });
    await turns.take(signal);
  }
  lines.sort((a, b) => meanOf(b.values) - meanOf(a.values) || a.task - b.task);
  const [top, others] = [lines.slice(0, limit), lines.slice(limit)];
  const steps: number[][] = [];
  for (let at = 0; at < count; at++) {
    steps.push(lines.flatMap(({ values }) => values[at] ?? []).sort((a, b) => a - b));
    await turns.take(signal);
  }
  const rank = (share: number) => steps.map((sorted) => sorted[Math.ceil(sorted.length * share) - 1] ?? null);
  return {
    step,
    times,
    top: top.map((line) => {
      const { taskId, agent } = view.tasks.get(line.task)!;
      return { ...line, name: taskId, host: hostOf(agent) };
    }),
    rest: times.map((_, at) => sumOf(others.map(({ values }) => values[at]))),
    rest_count: others.length,
    p50: rank(0.5),
    p95: rank(0.95),
    max: rank(1),
    left_out: all.length - tasks.length,
  };
}

function meanOf(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
