import type { MonitoringProfile } from "../core/profile.ts";
import type { ProcessQuery } from "./process_query.ts";

/** Processes to look for, and how those that are found are watched. */
export interface WatchTarget {
  /** Names it; no other has the same. */
  readonly id: string;
  readonly query: ProcessQuery;
  readonly profile: MonitoringProfile;
  /** Whether the descendants of a process belong to it. */
  readonly tree: boolean;
  /** `each`: every process is a task of its own. `one`: the task goes on with the process that comes after. */
  readonly follow: "each" | "one";
  /** What the task is called: `{target}`, `{pid}`, `{name}` and `{host}` stand for what they say. */
  readonly taskId: string;
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
