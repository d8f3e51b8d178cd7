/* What the page asks the manager for of hosts, tasks and what they did. */
import { ask, send } from "./manager_api.ts";
import type { Query } from "./manager_api.ts";

/** Rows that are asked for at once, where somebody waits for them … */
const LARGE_PAGE = 10_000;
/** … and where nobody does: to read more would hold up a frame. */
const SMALL_PAGE = 1_000;
/** Runs that are shown of a task. */
const MOST_RUNS = 50;

/** A host, by what is known of its agent. Times are RFC 3339. */
export interface Host {
  readonly id: number;
  readonly unit: string;
  readonly proplet_id: string;
  readonly host: string;
  readonly os: string | null;
  readonly version: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly presence: "online" | "offline" | "lost";
  readonly presence_since: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly clock_offset_seconds: number | null;
  readonly is_duplicate: boolean;
  readonly host_task: number | null;
  readonly task_count: number;
}

/** A task, by what is known of it. Times are RFC 3339. */
export interface Task {
  readonly id: number;
  readonly agent: number;
  /** The name of its host. */
  readonly host: string;
  readonly task_id: string;
  readonly target: string | null;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: "running" | "ended" | "stopped" | "lost";
  readonly state_since: string;
  readonly run_since: string;
  /** Null where it was never sampled. */
  readonly last_time: string | null;
  /** Its last figures by name. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A task over time: a value for each time, in ms since 1970. */
export interface Series {
  readonly task: number;
  readonly tier: string;
  readonly step_ms: number | null;
  readonly times: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Who used most, in columns of one length. */
export interface Top {
  /** RFC 3339, as is the end. */
  readonly from: string;
  readonly until: string;
  readonly names: readonly string[];
  readonly ids: readonly (number | null)[];
  readonly hosts: readonly (string | null)[];
  readonly values: readonly number[];
  readonly counts: readonly number[];
  readonly total: number | null;
  readonly found: number;
}

/** A run that has ended. Times are ms since 1970. */
export interface Run {
  readonly started: number;
  readonly ended: number;
  readonly state: string;
  readonly error: string | null;
  readonly figures: Readonly<Record<string, number | null>>;
  /** How well they are known, by quantity, such as { cpu: "exact" }. */
  readonly quality: Readonly<Record<string, string>>;
}

/** Runs in columns of one length. */
interface Runs {
  readonly started: readonly number[];
  readonly ended: readonly number[];
  readonly states: readonly string[];
  readonly errors: readonly (string | null)[];
  readonly figures: Readonly<Record<string, readonly (number | null)[]>>;
  readonly quality: readonly Readonly<Record<string, string>>[];
}

/** What is asked of a period. */
export interface TopQuestion {
  readonly column: string;
  readonly measure: string;
  readonly by: string;
  readonly from: number;
  readonly until: number;
  readonly limit: number;
}

/** All hosts that may be seen. @param isAwaited whether there is nothing to look at before they are here */
export async function readHosts(isAwaited: boolean): Promise<Host[]> {
  return await allPages<Host>("agents", {}, isAwaited ? LARGE_PAGE : SMALL_PAGE);
}

/** The tasks of a host. */
export async function readTasks(agent: number): Promise<Task[]> {
  return await allPages<Task>("tasks", { agent }, LARGE_PAGE);
}

/** The tasks of a target, on all hosts. */
export async function readTasksOfTarget(target: string): Promise<Task[]> {
  return await allPages<Task>("tasks", { target }, LARGE_PAGE);
}

/** A task by its number. */
export async function readTask(id: number): Promise<Task> {
  return await ask<Task>(`tasks/${id}`);
}

/** A task by its name; undefined where there is none. */
export async function findTask(host: Host, taskId: string): Promise<Task | undefined> {
  return (await readTasks(host.id)).find(({ task_id }) => task_id === taskId);
}

/** A task over time. @param columns their names; counters are told by their rate, gauges by their average */
export async function readSeries(
  task: number,
  columns: readonly string[],
  from: number,
  until: number,
  points: number,
): Promise<Series> {
  const { series: [found] } = await ask<{ series: Series[] }>("series", {
    ...{ task, from, until, points },
    columns: columns.join(),
  });
  // The answer names how each was made of its samples; here one way is asked for of each.
  const values = Object.entries(found.values).map(([name, all]) => [name.split(":")[0], all] as const);
  return { ...found, values: Object.fromEntries(values) };
}

/** Who used most. */
export async function readTop(question: TopQuestion): Promise<Top> {
  return await ask<Top>("top", { ...question });
}

/** The last runs of a task that have ended. */
export async function readRuns(task: number): Promise<Run[]> {
  const { started, ended, states, errors, figures, quality } = await ask<Runs>("runs", {
    ...{ task, limit: MOST_RUNS },
    from: "3650d",
  });
  return started.map((at, n) => ({
    started: at,
    ended: ended[n],
    state: states[n],
    error: errors[n],
    figures: Object.fromEntries(Object.entries(figures).map(([name, all]) => [name, all[n]])),
    quality: quality[n],
  }));
}

/** An alert, by what is known of it. Times are ms since 1970. */
export interface Alert {
  readonly key: string;
  readonly rule: string;
  readonly severity: "info" | "warning" | "critical";
  readonly phase: "pending" | "firing" | "resolved";
  /** `t12`: a task, `a3`: a host; else what has no page of its own. */
  readonly subject: string;
  readonly summary: string;
  readonly since: number;
  readonly suppressed: { readonly by: string; readonly why: string } | null;
  readonly acknowledged: { readonly by: string; readonly note: string } | null;
}

/** Alerts that are pending, fire or have ended of late, those that matter most first. */
export async function readAlerts(): Promise<readonly Alert[]> {
  return (await ask<{ alerts: Alert[] }>("alerts")).alerts;
}

/** Say that somebody knows of an alert. @throws Error in words of the manager */
export async function acknowledge(key: string): Promise<void> {
  await send("POST", "alerts/acknowledge", { key });
}

async function allPages<Row>(what: "agents" | "tasks", query: Query, limit: number): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null | undefined;
  do {
    const page: Record<string, unknown> = await ask(what, {
      ...query,
      limit,
      ...(typeof cursor === "string" && { cursor }),
    });
    rows.push(...page[what] as Row[]);
    cursor = page.cursor as string | null;
  } while (cursor !== null);
  return rows;
}
