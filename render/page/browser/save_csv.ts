import { firstAtOrAfter } from "../../plot/downsample.ts";
import type { Panel } from "../../plot/panels.ts";
import type { PageRun } from "./page_run.ts";

type Cell = string | number | null;

/** Every sample of a chart between two times: a row each, a column for each line; what is unknown is empty. */
export function chartCsv(
  panel: Panel,
  runs: readonly Pick<PageRun, "packed" | "times" | "lines">[],
  from: number,
  to: number,
): string {
  const { unit, lines: all } = panel;
  const labels = all.map(({ label }) => label);
  const head = [
    "run",
    "elapsed_seconds",
    ...labels.map((label) => `${label} (${unit.replaceAll("_", " ")})`),
  ];
  const rows = runs.flatMap((run) => {
    const lines = run.lines(panel);
    const first = firstAtOrAfter(run.times, from);
    const end = firstAtOrAfter(run.times, to + 1e-9);
    return Array.from({ length: end - first }, (_, index): Cell[] => [
      run.packed.title,
      run.times[first + index],
      ...labels.map((label) => lines.find((line) => line.label === label)?.values[first + index] ?? null),
    ]);
  });
  return csvText([head, ...rows]);
}

/** Every process of a run, in the order of their start. */
export function processesCsv(run: Pick<PageRun, "packed" | "process">): string {
  const { packed: { names, processCount } } = run;
  const head = [
    "pid",
    "parent_pid",
    "name",
    "command",
    "start_seconds",
    "lived_seconds",
    "cpu_seconds",
    "peak_memory_bytes",
    "end",
  ];
  const numbers = (column: Parameters<PageRun["process"]>[0], at: number) => run.process(column)[at];
  const rows = Array.from({ length: processCount }, (_, at): Cell[] => [
    numbers("pid", at),
    numbers("parent_pid", at),
    names.executables[numbers("executable", at)],
    names.commands[numbers("command", at)],
    numbers("start_seconds", at),
    numbers("lived_seconds", at),
    numbers("cpu_seconds", at),
    numbers("peak_memory_bytes", at),
    names.ends[numbers("end", at)],
  ]);
  return csvText([head, ...rows.toSorted((a, b) => Number(a[4]) - Number(b[4]))]);
}

/** RFC 4180; a text that a spreadsheet would take for a formula has a `'` before it. */
function csvText(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(cell: Cell | undefined): string {
  if (cell === null || cell === undefined || (typeof cell === "number" && Number.isNaN(cell))) return "";
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
