import { printable } from "../../core/printable.ts";
import type { DearProcess, ProcessTableRecord, ProgramRow } from "../../core/schema/process_table_schema.ts";
import { aligned } from "./figure_columns.ts";
import { courseLines } from "./process_course.ts";
import { humanBytes, humanCount, humanPercent, humanSeconds } from "../words/units.ts";

/** Programs that are told one by one; what others came to is one row. */
const MOST_PROGRAMS = 15;

/**
 * Every process of a run as text for people: by executable, then the dearest one by one.
 * @param color whether ANSI escapes are welcome
 */
export function processTable(table: ProcessTableRecord, color: boolean): string {
  const paint = (code: string, text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const { programs, others } = shownPrograms(table);
  const rows = [
    ["CPU", "share", "number", "peak", "longest", "executable"],
    ...programs.map((row) => programCells(row, row.name === null ? "(unknown)" : printable(row.name))),
    ...(others ? [programCells(others.row, `(${counted(others.count)})`)] : []),
  ];
  const dearest = [
    ["CPU", "lived", "peak", "PID", "command"],
    ...table.dearest.map(dearCells),
  ];
  const block = (cells: string[][]) => {
    const [head, ...body] = aligned(cells);
    return [paint("2", head), ...body];
  };
  const lines = [
    "",
    `  ${paint("1", "by executable")}  ${paint("2", provenance(table))}`,
    // Why there are no events was told when the run began.
    ...(table.lost_event_count ? [`  ${paint("2", `some are missing: ${table.note}`)}`] : []),
    ...block(rows),
    "",
    `  ${paint("1", "dearest processes")}${
      table.cpu_quality !== "exact" && table.dearest.some(({ cpu_seconds }) => cpu_seconds !== null)
        ? `  ${paint("2", "CPU at least: the last tick of a process is not in it")}`
        : ""
    }`,
    ...block(dearest),
    ...courseLines(table, paint),
  ];
  return `${lines.join("\n")}\n`;
}

/** Where the table comes from, and how good it is. */
function provenance(table: ProcessTableRecord): string {
  const isAll = table.quality === "exact";
  const earlier = table.earlier_count ? `, ${humanCount(table.earlier_count)} from before` : "";
  const number = table.process_count === 1
    ? isAll ? "the one process" : "at least 1 process"
    : `${isAll ? "all" : "at least"} ${humanCount(table.process_count)} processes`;
  const hasCpu = table.by_executable.some(({ cpu_seconds }) => cpu_seconds !== null);
  const cpu = !hasCpu
    ? ""
    : table.cpu_quality === "exact"
    ? "; CPU of each exact"
    : table.cpu_quality === "sampled"
    ? "; CPU shared out by ticks"
    : "; CPU at least";
  return `${number}${earlier}${cpu}`;
}

function shownPrograms({ by_executable, other_executables }: ProcessTableRecord) {
  const programs = by_executable.slice(0, MOST_PROGRAMS);
  const rest = by_executable.slice(MOST_PROGRAMS);
  if (other_executables) rest.push(other_executables);
  // One row instead of one row saves nothing.
  if (rest.length === 1 && !other_executables) return { programs: by_executable, others: null };
  if (rest.length === 0) return { programs, others: null };
  return { programs, others: { row: rest.reduce(together), count: other_executables ? null : rest.length } };
}

const counted = (count: number | null) => count === null ? "all others" : `${count} others`;

function together(a: ProgramRow, b: ProgramRow): ProgramRow {
  const sum = (x: number | null, y: number | null) => x === null ? y : x + (y ?? 0);
  const most = (x: number | null, y: number | null) => x === null ? y : Math.max(x, y ?? 0);
  return {
    ...a,
    process_count: a.process_count + b.process_count,
    cpu_seconds: sum(a.cpu_seconds, b.cpu_seconds),
    cpu_share_percent: sum(a.cpu_share_percent, b.cpu_share_percent),
    peak_memory_bytes: most(a.peak_memory_bytes, b.peak_memory_bytes),
    longest_seconds: most(a.longest_seconds, b.longest_seconds),
  };
}

function programCells(row: ProgramRow, name: string): string[] {
  return [
    humanSeconds(row.cpu_seconds),
    humanPercent(row.cpu_share_percent),
    humanCount(row.process_count),
    humanBytes(row.peak_memory_bytes),
    humanSeconds(row.longest_seconds),
    name,
  ];
}

function dearCells(process: DearProcess): string[] {
  return [
    humanSeconds(process.cpu_seconds),
    humanSeconds(process.wall_seconds),
    humanBytes(process.peak_memory_bytes),
    `${process.pid}`,
    // As ps(1) does with whoever's arguments cannot be had.
    printable(process.command ?? `[${process.name ?? "?"}]`),
  ];
}
