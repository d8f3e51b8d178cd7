import { ask } from "./manager_api.ts";
import type { Task } from "./server.ts";

/** A target, and how many tasks run it. */
export interface FoundTarget {
  readonly name: string;
  readonly count: number;
}

/** A run that has ended. Times are ms since 1970. */
export interface FoundRun {
  readonly task: number;
  readonly task_id: string;
  readonly host: string;
  readonly ended: number;
  readonly state: string;
  readonly error: string | null;
}

/** What there is by some words. */
export interface FoundAll {
  readonly hosts: readonly Task[];
  readonly tasks: readonly Task[];
  readonly targets: readonly FoundTarget[];
  readonly rules: readonly string[];
  readonly runs: readonly FoundRun[];
}

/** What has all of some words in its names and labels. @param limit of each kind */
export async function searchAll(text: string, limit: number, signal?: AbortSignal): Promise<FoundAll> {
  const { found, ...rest } = await ask<Omit<FoundAll, "hosts" | "tasks"> & { found: readonly Task[] }>(
    "search",
    { q: text, limit },
    signal,
  );
  const isHost = ({ task_id }: Task) => task_id === "";
  return { ...rest, hosts: found.filter(isHost), tasks: found.filter((task) => !isHost(task)) };
}
