import { familyName, ratioOf } from "../../../exporters/prometheus/families.ts";
import type { Column } from "../../model/column.ts";
import { COLUMNS } from "../../model/column.ts";

/** What Prometheus calls a column, and what it makes of its figures. */
export interface ColumnFamily {
  /** Where it stands in an array of figures. */
  readonly at: number;
  readonly name: string;
  readonly value: (figure: number) => number;
}

/** Those of hosts and agents that have a name of their own there. */
const HOST_NAMES: Readonly<Record<string, string>> = {
  memory_bytes: "memory_used_bytes",
  memory_total_bytes: "memory_size_bytes",
  disk_total_bytes: "disk_size_bytes",
  agent_queued_count: "agent_queued",
  agent_dropped_count: "agent_dropped",
};

const asItIs = (figure: number) => figure;

function familyOf(column: Column, at: number, name: string): ColumnFamily {
  return { at, name, value: column.quantity === "percent" ? ratioOf : asItIs };
}

/** Those of tasks, by the names that exporters have for them. */
export const TASK_FAMILIES: readonly ColumnFamily[] = COLUMNS.map((column, at) =>
  familyOf(column, at, `proctor_${taskName(column)}`)
);

/** Those of hosts and of the agents on them. */
export const HOST_FAMILIES: readonly ColumnFamily[] = COLUMNS.map((column, at) =>
  familyOf(column, at, hostName(column))
);

/** Whether a task runs, and what it is: there is no column for it. */
export const RUNNING = "proctor_task_running";
/** What a task is; always 1. */
export const INFO = "proctor_task_info";

const TAKEN = new Set([...TASK_FAMILIES.map(({ name }) => name), RUNNING, INFO]);

/**
 * What a figure of a program's own is called; null where one of ours is called so: two values of one series would have
 * the whole request refused.
 */
export function customName(name: string): string | null {
  const family = `proctor_${name}`;
  return TAKEN.has(family) ? null : family;
}

/** An `s` alone makes no plural of a process. */
function taskName({ name, kind, quantity: unit }: Column): string {
  return name === "process_count" ? "processes" : familyName({ name, kind, unit });
}

function hostName({ name, kind, quantity: unit }: Column): string {
  const own = HOST_NAMES[name] ?? familyName({ name, kind, unit });
  return name.startsWith("agent_") ? `proctor_${own}` : `proctor_host_${own}`;
}
