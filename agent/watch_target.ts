import type { MonitoringProfile } from "../core/measure/profile.ts";
import type { ScrapeRule } from "../monitor/app/scraped_app.ts";
import type { ProcessQuery } from "../monitor/discovery/process_query.ts";

/** Processes to look for, and how those that are found are watched. */
export interface WatchTarget {
  /** Names it; no other has the same. */
  readonly id: string;
  readonly query: ProcessQuery;
  readonly profile: MonitoringProfile;
  /** Whether the descendants of a process belong to it. */
  readonly tree: boolean;
  /** Whether what the sockets of a process and its descendants receive and send is counted. */
  readonly network: boolean;
  /** Whether every process of it is told, however short it lives. */
  readonly processes: boolean;
  /** `each`: every process is a task of its own. `one`: the task goes on with the process that comes after. */
  readonly follow: "each" | "one";
  /** What the task is called: `{target}`, `{pid}`, `{name}` and `{host}` stand for what they say. */
  readonly taskId: string;
  /** Where the program answers its own metrics. */
  readonly scrape?: ScrapeRule;
}

/** Whether processes come and go: a target by its process ID is over when that process is. */
export function isLasting({ query }: WatchTarget): boolean {
  return query.pid === undefined;
}

/** The placeholders of a task's name. */
export const TASK_ID_FIELDS: readonly string[] = ["target", "pid", "name", "host"];

/** The name of the task of one process. */
export function taskIdOf(
  { id, taskId }: WatchTarget,
  { pid, name }: { readonly pid: number; readonly name: string },
  host: string,
): string {
  const values: Record<string, string> = { target: id, pid: String(pid), name, host };
  return taskId.replace(/\{(\w+)\}/g, (whole, field: string) => values[field] ?? whole);
}
