import { deflateRawSync } from "node:zlib";
import type { ProcessRecord } from "../../core/schema/record.ts";
import type { RecordedRun, UnendedProcess } from "../../records/recorded_run.ts";
import type { AppColumn, ColumnName } from "../../records/sample_columns.ts";
import { marksOf } from "../plot/marks.ts";
import { PANELS } from "../plot/panels.ts";
import type { Panel } from "../plot/panels.ts";
import { encodeColumn } from "./column_codec.ts";
import { packLanes } from "./lanes.ts";
import { PROCESS_COLUMNS, scaleOf, scaleOfTold } from "./payload.ts";
import type { PackedColumn, PackedNames, PackedRun, ProcessColumn } from "./payload.ts";

/**
 * A run made ready for a page: every sample of what is drawn, and every process.
 *
 * @param title how it is called
 * @param executables in the order of their colours
 * @param panels the charts that draw it
 */
export function packRun(
  run: RecordedRun,
  title: string,
  executables: readonly string[],
  panels: readonly Panel[] = PANELS,
): { packed: PackedRun; bytes: Uint8Array } {
  const columns: PackedColumn[] = [];
  const pieces: Uint8Array[] = [];
  const add = (name: ColumnName | AppColumn | ProcessColumn, values: ArrayLike<number>, scale: number) => {
    const bytes = encodeColumn(values, scale);
    columns.push({ name, scale, count: values.length, bytes: bytes.length });
    pieces.push(bytes);
  };
  const drawn = panels.flatMap(({ lines }) => lines.map(({ column }) => column));
  for (const name of ["elapsed_seconds", ...drawn] as const) {
    const values = run.samples.column(name);
    if (values) add(name, values, isTold(name) ? scaleOfTold(values) : scaleOf(name));
  }
  const processes = packProcesses(run, executables);
  for (const name of PROCESS_COLUMNS) add(name, processes.numbers[name], scaleOf(name));
  const packed = {
    title,
    started: run.start.timestamp,
    wallSeconds: wallSecondsOf(run),
    sampleCount: run.samples.length,
    columns,
    names: processes.names,
    processCount: processes.numbers.pid.length,
    marks: marksOf(run),
  };
  return { packed, bytes: deflateRawSync(Buffer.concat(pieces)) };
}

function isTold(name: ColumnName | AppColumn): name is AppColumn {
  return name.startsWith("app_");
}

/** How long a run took, as far as it was recorded. */
export function wallSecondsOf(run: RecordedRun): number {
  if (run.summary) return run.summary.wall_seconds;
  const times = run.samples.column("elapsed_seconds");
  const ends = run.processes.map(({ elapsed_seconds }) => elapsed_seconds);
  return Math.max(times?.[times.length - 1] ?? 0, ends.reduce((a, b) => Math.max(a, b), 0));
}

/** A process as a bar: when it began, and how long it lived. */
export interface ProcessBar {
  readonly name: string;
  readonly command: string | null;
  readonly pid: number;
  readonly parentPid: number | null;
  /** Since the start of the run; below zero where it ran before. */
  readonly startSeconds: number;
  readonly livedSeconds: number;
  readonly cpuSeconds: number | null;
  readonly peakMemoryBytes: number | null;
  /** An exit code or the name of a signal; `running` when it was not seen to end, null when nobody knows. */
  readonly end: string | null;
  readonly quality: ProcessRecord["quality"];
}

/** Every process of a run, by its start. */
export function barsOf(run: RecordedRun): ProcessBar[] {
  return [...run.processes.map(endedBar), ...run.unended.map(unendedBar)]
    .sort((a, b) => a.startSeconds - b.startSeconds || a.pid - b.pid);
}

function endedBar(process: ProcessRecord): ProcessBar {
  return {
    name: process.name,
    command: process.command,
    pid: process.pid,
    parentPid: process.parent_pid,
    startSeconds: process.elapsed_seconds - process.uptime_seconds - lateSeconds(process),
    livedSeconds: process.uptime_seconds,
    cpuSeconds: process.cpu_seconds,
    peakMemoryBytes: process.peak_memory_bytes,
    end: process.signal ?? (process.exit_code === null ? null : String(process.exit_code)),
    quality: process.quality,
  };
}

/** An end is told of at a later look; more than that is a clock that was set. */
const LATEST_SECONDS = 60;

/** How long after its end a process was told of: on a busy machine long enough for it to stand before its parent. */
function lateSeconds({ timestamp, start_time, uptime_seconds }: ProcessRecord): number {
  const late = (Date.parse(timestamp) - Date.parse(start_time)) / 1_000 - uptime_seconds;
  return late > 0 && late <= LATEST_SECONDS ? late : 0;
}

function unendedBar({ row, elapsedSeconds, peakMemoryBytes }: UnendedProcess): ProcessBar {
  return {
    name: row.name,
    command: row.command,
    pid: row.pid,
    parentPid: row.parent_pid,
    startSeconds: elapsedSeconds - row.uptime_seconds,
    livedSeconds: row.uptime_seconds,
    cpuSeconds: row.cpu_seconds ?? null,
    peakMemoryBytes,
    end: "running",
    quality: "lower_bound",
  };
}

/** What all processes of an executable came to. */
export interface ExecutableTotal {
  readonly name: string;
  readonly count: number;
  readonly cpuSeconds: number;
  /** Whether each of them was read to its end. */
  readonly exact: boolean;
  readonly peakMemoryBytes: number | null;
}

/** The executables, the one with most CPU first. */
export function executablesOf(bars: readonly ProcessBar[]): ExecutableTotal[] {
  const byName = Map.groupBy(bars, ({ name }) => name);
  const totals = [...byName].map(([name, group]) => ({
    name,
    count: group.length,
    cpuSeconds: group.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? 0), 0),
    exact: group.every(({ quality, cpuSeconds }) => quality === "exact" && cpuSeconds !== null),
    peakMemoryBytes: group.reduce<number | null>(
      (most, { peakMemoryBytes }) => peakMemoryBytes === null ? most : Math.max(most ?? 0, peakMemoryBytes),
      null,
    ),
  }));
  return totals.sort((a, b) =>
    b.cpuSeconds - a.cpuSeconds || b.count - a.count || (a.name < b.name ? -1 : 1)
  );
}

function packProcesses(
  run: RecordedRun,
  ranked: readonly string[],
): { numbers: Record<ProcessColumn, number[]>; names: PackedNames } {
  const bars = barsOf(run);
  const executables = new Places([...ranked]);
  const [commands, ends, qualities] = [
    new Places<string | null>(),
    new Places<string | null>(),
    new Places<ProcessRecord["quality"]>(),
  ];
  const numbers = Object.fromEntries(PROCESS_COLUMNS.map((name) => [name, [] as number[]])) as Record<
    ProcessColumn,
    number[]
  >;
  for (const bar of bars) {
    numbers.start_seconds.push(bar.startSeconds);
    numbers.lived_seconds.push(bar.livedSeconds);
    numbers.pid.push(bar.pid);
    numbers.parent_pid.push(bar.parentPid ?? NaN);
    numbers.executable.push(executables.of(bar.name));
    numbers.command.push(commands.of(bar.command));
    numbers.end.push(ends.of(bar.end));
    numbers.quality.push(qualities.of(bar.quality));
    numbers.cpu_seconds.push(bar.cpuSeconds ?? NaN);
    numbers.peak_memory_bytes.push(bar.peakMemoryBytes ?? NaN);
  }
  const ended = bars.map(({ startSeconds, livedSeconds }) => startSeconds + livedSeconds);
  numbers.lane = Array.from(packLanes(numbers.start_seconds, ended));
  return {
    numbers,
    names: {
      executables: executables.items,
      commands: commands.items,
      ends: ends.items,
      qualities: qualities.items,
    },
  };
}

/** Gives each different item a place in a list. */
class Places<T> {
  readonly #places = new Map<T, number>();

  constructor(readonly items: T[] = []) {
    items.forEach((item, place) => this.#places.set(item, place));
  }

  of(item: T): number {
    const known = this.#places.get(item);
    if (known !== undefined) return known;
    this.#places.set(item, this.items.length);
    return this.items.push(item) - 1;
  }
}
