import { printable } from "../../core/printable.ts";
import type {
  CriticalPathRecord,
  ParallelismRecord,
  ProcessTableRecord,
} from "../../core/schema/process_table_schema.ts";
import { humanCount, humanPercent, humanSeconds } from "../words/units.ts";
import { aligned } from "./figure_columns.ts";

/** Programs on the path that are told one by one. */
const MOST_PROGRAMS = 5;
const BARS = "▁▂▃▄▅▆▇█";

/** How the tree of a run went over time, as text for people: what it waited for, and how many were at work. */
export function courseLines(
  { critical_path, parallelism }: ProcessTableRecord,
  paint: (code: string, text: string) => string,
): string[] {
  return [
    ...(critical_path ? pathLines(critical_path, paint) : []),
    ...(parallelism ? parallelismLines(parallelism, paint) : []),
  ];
}

function pathLines(path: CriticalPathRecord, paint: (code: string, text: string) => string): string[] {
  const all = path.by_executable;
  // One row instead of one row saves nothing.
  const most = all.length === MOST_PROGRAMS + 1 ? all.length : MOST_PROGRAMS;
  const [shown, rest] = [all.slice(0, most), all.slice(most)];
  const rows = shown.map((row) => cells(row, row.name === null ? "(unknown)" : printable(row.name)));
  if (rest.length > 0) rows.push(cells(rest.reduce(together), `(${rest.length} others)`));
  const [head, ...body] = aligned([["wall", "share", "number", "executable"], ...rows]);
  const facts = `which processes set the wall time of ${humanSeconds(path.wall_seconds)}`;
  return ["", `  ${paint("1", "critical path")}  ${paint("2", facts)}`, paint("2", head), ...body];
}

type PathRow = CriticalPathRecord["by_executable"][number];

function together(a: PathRow, b: PathRow): PathRow {
  return {
    name: null,
    process_count: a.process_count + b.process_count,
    wall_seconds: a.wall_seconds + b.wall_seconds,
    share_percent: (a.share_percent ?? 0) + (b.share_percent ?? 0),
  };
}

function cells(row: PathRow, name: string): string[] {
  return [
    humanSeconds(row.wall_seconds),
    humanPercent(row.share_percent),
    humanCount(row.process_count),
    name,
  ];
}

function parallelismLines(
  { mean, peak, alone_seconds, over_time, interval_seconds }: ParallelismRecord,
  paint: (code: string, text: string) => string,
): string[] {
  const facts = `${mean} on average, ${humanCount(peak)} at most, one alone for ${
    humanSeconds(alone_seconds)
  }`;
  const most = Math.max(1, ...over_time);
  const bars = over_time.map((value) =>
    BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]
  );
  return [
    "",
    `  ${paint("1", "at work")}  ${paint("2", facts)}`,
    `  ${bars.join("")}  ${paint("2", `${humanSeconds(interval_seconds)} each`)}`,
  ];
}
