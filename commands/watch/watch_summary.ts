import { shortBytes, shortPercent } from "../../render/screen/figures.ts";
import { fitRight, fitText } from "../../render/screen/fit_text.ts";
import type { Glyphs } from "../../render/screen/sparkline.ts";
import type { WatchedRow, WatchedTasks } from "./watched_tasks.ts";

const COLUMNS: readonly (readonly [head: string, width: number, cell: (row: WatchedRow) => string])[] = [
  ["SAMPLES", 7, ({ aggregated }) => String(aggregated.sample_count)],
  ["CPU %", 6, ({ aggregated }) => percent(aggregated.avg_cpu_usage)],
  ["MAX", 6, ({ aggregated }) => percent(aggregated.max_cpu_usage)],
  ["MEMORY", 7, ({ aggregated }) => bytes(aggregated.avg_memory_usage)],
  ["MAX", 7, ({ aggregated }) => bytes(aggregated.max_memory_usage)],
  ["READ", 7, ({ aggregated }) => bytes(aggregated.total_disk_read)],
  ["WRITTEN", 7, ({ aggregated }) => bytes(aggregated.total_disk_write)],
];
const GAP = "  ";
const LEAST_NAME = 12;
const MOST_NAME = 48;

type Figure = number | null | undefined;

const percent = (value: Figure) => shortPercent(value ?? NaN) || "0";
const bytes = (value: Figure) => shortBytes(value ?? NaN) || "0";

/** What every task came to, the ended included: a line each; empty where there was none. */
export function watchSummary(tasks: WatchedTasks, columns: number, glyphs: Glyphs): string {
  const { all, forgottenCount } = tasks;
  if (all.length === 0) return "";
  const used = COLUMNS.reduce((sum, [, width]) => sum + GAP.length + width, 0);
  const longest = Math.max(4, ...all.map(({ taskId }) => taskId.length));
  const name = Math.min(longest, MOST_NAME, Math.max(LEAST_NAME, columns - used));
  const line = (first: string, cells: readonly string[]) =>
    [
      fitText(first, name, glyphs.ellipsis),
      ...cells.map((cell, index) => fitRight(cell, COLUMNS[index][1], glyphs.ellipsis)),
    ].join(GAP).trimEnd();
  return [
    line("TASK", COLUMNS.map(([head]) => head)),
    ...all.map((row) => line(glyphs.shown(row.taskId), COLUMNS.map(([, , cell]) => cell(row)))),
    ...(forgottenCount > 0 ? [`${forgottenCount} more that ended earlier are not listed.`] : []),
    "",
  ].join("\n");
}
