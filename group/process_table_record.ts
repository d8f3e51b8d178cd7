import { count, percent, seconds, timestamp } from "../core/measure/numbers.ts";
import { sharedCpuSeconds } from "../core/measure/process_folds.ts";
import type { ProcessFolds, ProgramFold } from "../core/measure/process_folds.ts";
import type { ProcessFigures } from "../core/measure/process_figures.ts";
import type { ProcessLife } from "../core/measure/process_life.ts";
import type { ProcessTable } from "../core/measure/process_table.ts";
import { addUpTold } from "../core/measure/told_totals.ts";
import type { ToldTotals } from "../core/measure/told_totals.ts";
import type { DearProcess, ProcessTableRecord, ProgramRow } from "../core/schema/process_table_schema.ts";
import type { Account, ProcessRecord } from "../core/schema/record.ts";
import { courseRecord } from "./process_course_record.ts";

/** What a summary says of every process of the run. */
export interface ProcessFacts {
  readonly table: ProcessTableRecord;
  /** Of the number of processes. */
  readonly account: Account;
  readonly processCount: number;
  /** The most at a time; 0 when it is not known. */
  readonly peakCount: number;
  /** What all came to; null unless everybody was told of, and each to the last slice of time. */
  readonly told: ToldTotals | null;
}

/** What the table itself does not know. */
export interface TableSurroundings {
  /** CPU of the run; NaN when it is not known. */
  readonly cpuSeconds: number;
  /** Whether the path to the last end is that of the whole tree. */
  readonly isPathWhole: boolean;
  /** Of a tree that ran before: since when it is counted, and how many processes there were by then. */
  readonly counted?: { readonly fromMs: number; readonly earlierCount: number };
  readonly processCount: number;
  readonly lostCount: number | null;
  /** The monotonic clock and that of the wall at one moment; null where nothing was timed by the former. */
  readonly clock: ClockReading | null;
  readonly signalName: (signal: number) => string;
}

/**
 * The table of a run as a record has it.
 * @param folds its processes
 */
export function tableRecord(
  table: Pick<ProcessTable, "course" | "peakCount">,
  folds: ProcessFolds,
  account: Account,
  around: TableSurroundings,
): ProcessFacts {
  const { others } = folds;
  const rows = others ? [...folds.programs, others] : folds.programs;
  // What is missing in the sums can be shared out when it is theirs: all are accounted for.
  const isWhole = around.clock !== null && around.lostCount === 0 && account.quality === "exact" &&
    rows.every(({ unaccountedCount }) => unaccountedCount === 0);
  const isExact = isWhole && rows.every(({ inexactCount }) => inexactCount === 0);
  const isShared = isWhole && !isExact && !Number.isNaN(around.cpuSeconds);
  const cpu = isShared
    ? sharedCpuSeconds(rows, around.cpuSeconds)
    : rows.map(({ figures }) => figures.cpuSeconds);
  const total = cpu.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0);
  const programs = rows.map((fold, index) => programRow(fold, cpu[index], total));
  const other_executables = others ? programs.pop()! : null;
  return {
    account,
    processCount: around.processCount,
    peakCount: around.clock === null ? 0 : table.peakCount,
    told: isExact ? toldBy(account.source, rows) : null,
    table: {
      source: account.source,
      quality: account.quality === "exact" ? "exact" : "lower_bound",
      ...(account.note !== undefined && { note: account.note }),
      process_count: around.processCount,
      lost_event_count: around.lostCount,
      ...(around.counted && {
        counted_from: timestamp(around.counted.fromMs),
        earlier_count: around.counted.earlierCount,
      }),
      cpu_quality: isExact ? "exact" : isShared ? "sampled" : "lower_bound",
      by_executable: programs.sort((a, b) => (b.cpu_seconds ?? -1) - (a.cpu_seconds ?? -1)),
      other_executables,
      dearest: folds.dearest.map((life) => dearProcess(life, around)),
      // Where there are no events, samples have seen some of the ends.
      ...(around.clock
        ? courseRecord(table.course, around.isPathWhole)
        : { critical_path: null, parallelism: null }),
    },
  };
}

function toldBy(source: string, rows: readonly ProgramFold[]): ToldTotals {
  const isWhole = rows.every(({ partialCount }) => partialCount === 0);
  return addUpTold(source, rows.map(({ figures }) => figures), isWhole);
}

function figuresRecord(figures: ProcessFigures) {
  return {
    cpu_seconds: seconds(figures.cpuSeconds),
    peak_memory_bytes: count(figures.peakMemoryBytes),
    disk_read_bytes: count(figures.diskReadBytes),
    disk_write_bytes: count(figures.diskWriteBytes),
    io_read_bytes: count(figures.ioReadBytes),
    io_write_bytes: count(figures.ioWriteBytes),
    minor_faults: count(figures.minorFaults),
    major_faults: count(figures.majorFaults),
    voluntary_context_switches: count(figures.voluntarySwitches),
    involuntary_context_switches: count(figures.involuntarySwitches),
  };
}

function programRow(fold: ProgramFold, cpuSeconds: number, totalSeconds: number): ProgramRow {
  return {
    name: fold.name,
    executable: fold.executable,
    process_count: fold.processCount,
    fork_only_count: fold.forkOnlyCount,
    failed_count: fold.failedCount,
    unaccounted_count: fold.unaccountedCount,
    cpu_share_percent: totalSeconds > 0 ? percent((cpuSeconds / totalSeconds) * 100) : null,
    longest_seconds: seconds(fold.longestSeconds),
    ...figuresRecord(fold.figures),
    cpu_seconds: seconds(cpuSeconds),
  };
}

/** Two clocks at one moment: the monotonic one and that of the wall. */
export interface ClockReading {
  readonly nowNs: number;
  readonly nowMs: number;
}

/** When a process was born, in milliseconds since the epoch. */
function bornMs(clock: ClockReading, { startNs }: ProcessLife): number {
  return wallMs(clock, startNs);
}

function wallMs({ nowNs, nowMs }: ClockReading, ns: number): number {
  return nowMs - (nowNs - ns) / 1e6;
}

/** Of one that ran before it was watched, since when its use is counted. */
function countedFrom({ isEarlier, countedFromNs }: ProcessLife, clock: ClockReading) {
  return isEarlier ? { counted_from: timestamp(wallMs(clock, countedFromNs)) } : {};
}

/** The record of a process that events told of. */
export function lifeRecord(
  life: ProcessLife,
  clock: ClockReading,
  elapsedSeconds: number,
  signalName: (signal: number) => string,
): ProcessRecord {
  const { startNs, end } = life;
  const isTimed = startNs > 0;
  const bornAtMs = isTimed ? bornMs(clock, life) : clock.nowMs - (life.endNs - startNs) / 1e6;
  const { cpu_seconds, peak_memory_bytes, ...more } = figuresRecord(life.figures);
  return {
    kind: "process",
    timestamp: timestamp(clock.nowMs),
    elapsed_seconds: seconds(elapsedSeconds)!,
    pid: life.pid,
    parent_pid: life.parentPid || null,
    start_time: timestamp(bornAtMs),
    name: life.name ?? UNKNOWN_NAME,
    command: life.command,
    uptime_seconds: seconds(life.lifeSeconds) ?? seconds(Math.max(0, clock.nowMs - bornAtMs) / 1_000)!,
    exit_code: end?.exitCode ?? null,
    signal: end?.signal ? signalName(end.signal) : null,
    ...(life.oomKilled && { oom_killed: true as const }),
    cpu_seconds,
    peak_memory_bytes,
    quality: life.hasExactCpu ? "exact" : "lower_bound",
    kernel: {
      executable: life.executable,
      start_ns: isTimed ? count(startNs) : null,
      end_ns: isTimed ? count(life.endNs) : null,
      ...countedFrom(life, clock),
      ...more,
    },
  };
}

/** As ps(1) has it. */
const UNKNOWN_NAME = "?";

function dearProcess(life: ProcessLife, { clock, signalName }: TableSurroundings): DearProcess {
  const { startNs, endNs, end } = life;
  // Of those that samples alone have seen, it is told how long they lived.
  const isTimed = clock !== null && startNs > 0;
  return {
    pid: life.pid,
    parent_pid: life.parentPid || null,
    start_time: isTimed ? timestamp(bornMs(clock, life)) : null,
    start_ns: isTimed ? count(startNs) : null,
    end_ns: isTimed ? count(endNs) : null,
    ...(clock && countedFrom(life, clock)),
    name: life.name,
    executable: life.executable,
    command: life.command,
    exit_code: end?.exitCode ?? null,
    signal: end?.signal ? signalName(end.signal) : null,
    wall_seconds: seconds(life.lifeSeconds),
    ...figuresRecord(life.figures),
  };
}
