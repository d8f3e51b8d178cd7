import type { Quality } from "../../core/schema/record.ts";
import type { ColumnName } from "../../records/sample_columns.ts";
import type { Panel } from "../plot/panels.ts";

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
  /** The charts, in order. */
  readonly panels: readonly Panel[];
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

/** What the program tells of itself may be of any size: so many digits are kept of the largest. */
const APP_DIGITS = 6;
const MOST_DIGITS = 15;

/** Digits that are kept: a millionth of a second, a hundredth of a percent. */
export function scaleOf(name: ColumnName | ProcessColumn): number {
  return name.endsWith("_seconds") ? 1e6 : name.endsWith("_percent") ? 100 : 1;
}

/** Digits that are kept of what the program tells of itself: whole numbers are kept as they are. */
export function scaleOfTold(values: Float64Array): number {
  const most = values.reduce((most, value) => Math.abs(value) > most ? Math.abs(value) : most, 0);
  if (most === 0 || values.every((value) => Number.isNaN(value) || Number.isInteger(value))) return 1;
  return 10 ** Math.max(0, Math.min(MOST_DIGITS, APP_DIGITS - Math.ceil(Math.log10(most))));
}
