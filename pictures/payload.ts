import type { Quality } from "../core/record.ts";
import type { ColumnName } from "../records/sample_columns.ts";

/** A column within the bytes of a run. */
export interface PackedColumn {
  readonly name: string;
  readonly scale: number;
  /** How many numbers. */
  readonly count: number;
  /** How many bytes; one column follows the other. */
  readonly bytes: number;
}

/** What is known of the processes besides numbers: each has a place in these lists. */
export interface PackedNames {
  /** Names of executables, the one with most CPU first. */
  readonly executables: readonly string[];
  /** Command lines; null is unknown. */
  readonly commands: readonly (string | null)[];
  /** How a process ended: `0`, `SIGKILL`, `running`; null is unknown. */
  readonly ends: readonly (string | null)[];
  readonly qualities: readonly Quality[];
}

/** A run as the page gets it: what it is in JSON, its numbers as bytes beside it. */
export interface PackedRun {
  readonly title: string;
  readonly started: string;
  readonly wallSeconds: number;
  readonly sampleCount: number;
  readonly columns: readonly PackedColumn[];
  readonly names: PackedNames;
  readonly processCount: number;
  /** Lines across charts, by panel: what the run might use, or used at most. */
  readonly marks: readonly Mark[];
}

/** A line across a chart. */
export interface Mark {
  readonly panel: string;
  readonly value: number;
  readonly label: string;
}

/** Everything the script of the page reads. */
export interface PagePayload {
  readonly runs: readonly PackedRun[];
}

/** Columns of processes, one number each. */
export const PROCESS_COLUMNS = [
  "start_seconds",
  "lived_seconds",
  "pid",
  "parent_pid",
  "executable",
  "command",
  "end",
  "quality",
  "lane",
  "cpu_seconds",
  "peak_memory_bytes",
] as const;

/** A column of the processes. */
export type ProcessColumn = (typeof PROCESS_COLUMNS)[number];

/** Digits that are kept: a millionth of a second, a hundredth of a percent. */
export function scaleOf(name: ColumnName | ProcessColumn): number {
  return name.endsWith("_seconds") ? 1e6 : name.endsWith("_percent") ? 100 : 1;
}
