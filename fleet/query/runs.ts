import type { FleetView } from "../model/view.ts";
import type { RunPlace, RunRow, Store } from "../store/contract.ts";
import { QueryError } from "./query_error.ts";
import { isSeen, seenTask, unitsOf } from "./scope.ts";
import type { Scope } from "./scope.ts";

/** Runs of one page. */
export const MOST_RUNS = 1_000;

/** Which finished runs are asked for. */
export interface RunQuestion {
  readonly task: number | null;
  readonly from: number;
  readonly until: number;
  /** The figure to order by, most first; null: the newest first. */
  readonly by: string | null;
  readonly limit: number;
  /** Where an earlier page has ended; only for the newest first. */
  readonly cursor: string | null;
}

/** Finished runs, in columns. */
export interface RunPage {
  readonly tasks: readonly number[];
  readonly started: readonly number[];
  readonly ended: readonly number[];
  readonly states: readonly RunRow["state"][];
  readonly errors: readonly (string | null)[];
  /** By name; null where a run has none. */
  readonly figures: Readonly<Record<string, readonly (number | null)[]>>;
  readonly quality: readonly Readonly<Record<string, string>>[];
  /** Where the next page begins; null: there is none. */
  readonly cursor: string | null;
}

/** The runs that have ended, as far as they may be seen. */
export async function runsOf(
  view: FleetView,
  store: Store,
  { task, from, until, by, limit, cursor }: RunQuestion,
  scope: Scope,
): Promise<RunPage> {
  if (limit < 1 || limit > MOST_RUNS) {
    throw new QueryError("invalid", `limit: it has to be from 1 to ${MOST_RUNS}`);
  }
  if (!(from < until)) throw new QueryError("invalid", "from: it has to be before until");
  if (by !== null && cursor !== null) {
    throw new QueryError("invalid", "cursor: runs by a figure are one page; ask for a larger limit");
  }
  if (task !== null) seenTask(view, scope, task);
  const after = cursor === null ? null : placeOf(cursor);
  const rows = await store.runs({
    ...(task !== null && { task }),
    ...(scope !== null && { units: unitsOf(scope)! }),
    ...{ from, until },
    ...(by !== null && { by }),
    ...(after && { after }),
    limit: limit + 1,
  });
  const last = by === null && rows.length > limit ? rows[limit - 1]! : null;
  const page = rows.slice(0, limit).filter((row) => {
    const known = view.tasks.get(row.task);
    return scope === null || !known || isSeen(scope, known.agent.unit);
  });
  const names = [...new Set(page.flatMap(({ figures }) => Object.keys(figures)))].sort();
  return {
    tasks: page.map((run) => run.task),
    started: page.map(({ started }) => started),
    ended: page.map(({ ended }) => ended),
    states: page.map(({ state }) => state),
    errors: page.map(({ error }) => error),
    figures: Object.fromEntries(
      names.map((name) => [name, page.map(({ figures }) => figures[name] ?? null)]),
    ),
    quality: page.map(({ quality }) => quality),
    cursor: last && cursorOf(last),
  };
}

/** A place, not a number of runs: what ends between two pages moves nothing of what is behind it. */
function cursorOf({ ended, task, started }: RunPlace): string {
  return [ended, task, started].join("_");
}

function placeOf(cursor: string): RunPlace {
  const found = /^(\d{1,16}(?:\.\d{1,20})?)_(\d{1,15})_(\d{1,16}(?:\.\d{1,20})?)$/.exec(cursor);
  if (!found) throw new QueryError("invalid", "cursor: it is not one that a page of runs has given");
  return { ended: Number(found[1]), task: Number(found[2]), started: Number(found[3]) };
}
