import { printable } from "../../core/printable.ts";
import { humanBytes, humanCount, humanPercent, shortTime } from "../../render/words/units.ts";
import type { ProcessState, ProcessStatus } from "../../supervisor/control.ts";

/** How a table is drawn. */
export interface TableStyle {
  readonly colors: boolean;
  /** What it must not be wider than; null where nobody looks at it. */
  readonly columns: number | null;
}

const STATE_COLORS: Record<ProcessState, number> = {
  running: 32,
  starting: 36,
  stopping: 36,
  backoff: 33,
  failed: 31,
  stopped: 2,
  disabled: 2,
};
const HEALTH_COLORS = { healthy: 32, unhealthy: 31, unknown: 2 };
const NARROWEST_ID = 8;
const GAP = "  ";
/** A table is made for this where it is not known. */
const USUAL_COLUMNS = 80;

interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  readonly of: (status: ProcessStatus) => string;
  readonly color?: (status: ProcessStatus) => number | null;
}

const COLUMNS: readonly Column[] = [
  { title: "ID", of: ({ id }) => printable(id) },
  { title: "STATE", of: ({ state }) => state, color: ({ state }) => STATE_COLORS[state] },
  { title: "PID", isNumber: true, of: ({ pid }) => pid === null ? "–" : String(pid) },
  { title: "UPTIME", isNumber: true, of: ({ uptime_seconds }) => shortTime(uptime_seconds) },
  { title: "RESTARTS", isNumber: true, of: ({ restarts }) => humanCount(restarts) },
  { title: "CPU", isNumber: true, of: ({ cpu_percent }) => humanPercent(cpu_percent) },
  { title: "MEMORY", isNumber: true, of: ({ memory_bytes }) => humanBytes(memory_bytes) },
  {
    title: "HEALTH",
    of: ({ health }) => health ?? "–",
    color: ({ health }) => health && HEALTH_COLORS[health],
  },
];

/** Managed processes as lines for a person; why one is as it is stands below it. */
export function statusTable(statuses: readonly ProcessStatus[], style: TableStyle): string[] {
  if (statuses.length === 0) return ["no processes"];
  const cells = statuses.map((status) => COLUMNS.map((column) => column.of(status)));
  const widths = COLUMNS.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => [...row[index]].length))
  );
  if (style.columns !== null) {
    const all = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
    widths[0] = Math.max(Math.min(NARROWEST_ID, widths[0]), widths[0] - Math.max(0, all - style.columns));
  }
  const paint = (text: string, color: number | null | undefined) =>
    style.colors && color ? `\x1b[${color}m${text}\x1b[0m` : text;
  const line = (row: readonly string[], color: (index: number) => number | null | undefined) =>
    row.map((cell, index) => {
      const fitted = fit(cell, widths[index]);
      const padding = " ".repeat(widths[index] - [...fitted].length);
      const painted = paint(fitted, color(index));
      return COLUMNS[index].isNumber ? padding + painted : painted + padding;
    }).join(GAP).trimEnd();
  return [
    line(COLUMNS.map(({ title }) => title), () => 1),
    ...statuses.flatMap((status, row) => [
      line(cells[row], (index) => COLUMNS[index].color?.(status)),
      ...notesOf(status, style).map((note) => paint(note, 2)),
    ]),
    "",
    total(statuses),
  ];
}

/** What the columns do not say. */
function notesOf({ type, reason, status_text, degraded }: ProcessStatus, { columns }: TableStyle): string[] {
  const notes = [
    ...(type === "standard_managed" ? [] : [type.replace("_", " ")]),
    ...(reason === null ? [] : [printable(reason)]),
  ];
  const lines = [
    notes.join(": "),
    status_text === null ? "" : printable(`says: ${status_text}`),
    degraded === null ? "" : printable(`degraded: ${degraded}`),
  ];
  return lines.filter((line) => line !== "")
    .flatMap((line) => wrap(line, (columns ?? USUAL_COLUMNS) - 4)).map((line) => `    ${line}`);
}

function total(statuses: readonly ProcessStatus[]): string {
  const counts = new Map<string, number>();
  for (const { state } of statuses) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
  return `${statuses.length} ${statuses.length === 1 ? "process" : "processes"}: ${parts}`;
}

/** A text no wider than it may be; what is cut off is marked. */
export function fit(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join("")}…`;
}

/** Words in lines of a width; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
