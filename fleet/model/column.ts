import { METRICS, unitOf } from "../../core/measure/metrics.ts";
import type { Unit as Quantity } from "../../core/measure/metrics.ts";

/** A figure that the fleet keeps of a task, or of a host. */
export interface Column {
  readonly name: string;
  /** A counter only grows while a run of its task lasts. */
  readonly kind: "gauge" | "counter";
  readonly quantity: Quantity;
  readonly label: string;
}

const gauge = (name: string, label: string): Column => ({
  name,
  kind: "gauge",
  quantity: unitOf(name),
  label,
});

/**
 * What messages tell under names that are known: the metrics, what else a task's message has, and what a health message
 * tells of a host and its agent. Other numbers are kept under their own names. Their order is that of arrays in memory
 * only: what is stored names its columns.
 */
export const COLUMNS: readonly Column[] = [
  ...METRICS.map(({ name, kind, unit, label }) => ({ name, kind, quantity: unit, label })),
  gauge("uptime_seconds", "uptime"),
  gauge("process_count", "processes"),
  gauge("restart_count", "restarts"),
  gauge("memory_total_bytes", "memory in all"),
  gauge("swap_percent", "swap"),
  gauge("load_1m", "load, 1 min"),
  gauge("load_5m", "load, 5 min"),
  gauge("load_15m", "load, 15 min"),
  gauge("disk_total_bytes", "disks in all"),
  gauge("disk_used_bytes", "disks used"),
  gauge("agent_cpu_percent", "CPU of the agent"),
  gauge("agent_memory_bytes", "memory of the agent"),
  gauge("agent_task_count", "tasks of the agent"),
  gauge("agent_late_tick_count", "late samples of the agent"),
  gauge("agent_missed_tick_count", "skipped samples of the agent"),
  gauge("agent_queued_count", "messages waiting at the agent"),
  gauge("agent_dropped_count", "messages dropped by the agent"),
];

/** Where a column stands in an array of figures. */
export const COLUMN_AT: ReadonlyMap<string, number> = new Map(COLUMNS.map(({ name }, at) => [name, at]));

/**
 * What a column is. Figures of the programs' own are gauges; those that end in `_total` are counters, as exporters tell
 * them, too.
 */
export function kindOf(name: string): Column["kind"] {
  const at = COLUMN_AT.get(name);
  if (at !== undefined) return COLUMNS[at].kind;
  return name.endsWith("_total") ? "counter" : "gauge";
}

/** The figures of one sample, in the order of the columns; NaN where there is none. */
export type Figures = Float64Array;

/** Figures of which none is known. */
export function noFigures(): Figures {
  return new Float64Array(COLUMNS.length).fill(NaN);
}
