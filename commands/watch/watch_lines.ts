import { heat, shortBytes, shortPercent } from "../../render/screen/figures.ts";
import { cutLine } from "../../render/screen/fit_line.ts";
import { fitRight, fitText } from "../../render/screen/fit_text.ts";
import { sparkPiece } from "../../render/screen/sparkline.ts";
import type { Glyphs } from "../../render/screen/sparkline.ts";
import type { Line, Size, Style } from "../../render/screen/style.ts";
import { counted, shortTime } from "../../render/words/units.ts";
import type { WatchedRow, WatchedTasks, WatchedTotals } from "./watched_tasks.ts";

/** The column of names is as narrow as this at least, and as wide at most. */
const LEAST_NAME = 12;
const MOST_NAME = 48;
const GAP = 2;
/** A line of little bars is as wide. */
const SPARK = 12;
/** Lines for what proctor has to say. */
const MOST_NOTICES = 3;

interface Column {
  readonly head: string;
  readonly width: number;
  /** Where there is little room, what has a lower number stays. */
  readonly rank: number;
  readonly cell: (row: WatchedRow) => readonly [text: string, style?: Style];
  readonly total?: (totals: WatchedTotals) => string;
}

/** What a table is drawn with. */
export interface WatchLook {
  readonly glyphs: Glyphs;
  readonly seconds: number;
  /** Whether it is drawn in place, and heeds keys. */
  readonly isFull: boolean;
  readonly notices: readonly string[];
}

const COLUMNS: readonly Column[] = [
  { head: "PID", width: 7, rank: 5, cell: ({ pid }) => [number(pid)] },
  {
    head: "CPU %",
    width: 6,
    rank: 0,
    cell: ({ cpuPercent }) => [shortPercent(cpuPercent), heat(cpuPercent)],
    total: ({ cpuPercent }) => shortPercent(cpuPercent),
  },
  {
    head: "MEMORY",
    width: 7,
    rank: 1,
    cell: ({ memoryBytes }) => [shortBytes(memoryBytes)],
    total: ({ memoryBytes }) => shortBytes(memoryBytes),
  },
  bytesColumn("READ/s", 2, "readPerSecond"),
  bytesColumn("WRITE/s", 3, "writePerSecond"),
  {
    head: "PROCS",
    width: 5,
    rank: 4,
    cell: ({ processCount }) => [number(processCount)],
    total: ({ processCount }) => number(processCount),
  },
  { head: "UP", width: 7, rank: 6, cell: ({ uptimeSeconds }) => [shortTime(uptimeSeconds)] },
];
const NETWORK: readonly Column[] = [
  bytesColumn("RX/s", 7, "rxPerSecond"),
  bytesColumn("TX/s", 8, "txPerSecond"),
];

function bytesColumn(
  head: string,
  rank: number,
  key: "readPerSecond" | "writePerSecond" | "rxPerSecond" | "txPerSecond",
): Column {
  return {
    head,
    width: 7,
    rank,
    cell: (row) => [shortBytes(row[key])],
    total: (totals) => shortBytes(totals[key]),
  };
}

const number = (value: number) => Number.isNaN(value) ? "-" : String(value);

/** The table of a full screen: exactly as many lines as it has rows, each as wide as it. */
export function watchLines(tasks: WatchedTasks, size: Size, look: WatchLook): Line[] {
  const { glyphs, notices } = look;
  const said = notices.slice(-Math.max(0, Math.min(MOST_NOTICES, size.rows - 6)));
  const room = size.rows - 4 - said.length;
  const lines = [
    ...tableLines(tasks, size.columns, look, Math.max(1, room)),
  ];
  const empty = Math.max(0, size.rows - lines.length - said.length);
  return [
    ...lines,
    ...Array.from({ length: empty }, (): Line => []),
    ...said.map((line): Line => [[glyphs.shown(line), "dim"]]),
  ].slice(0, size.rows).map((line) => cutLine(line, size.columns, glyphs.ellipsis));
}

/**
 * A heading, a line for each running task, and one for all. @param most tasks that are shown: the busiest of more
 */
export function tableLines(
  tasks: WatchedTasks,
  columns: number,
  { glyphs, seconds, isFull }: WatchLook,
  most: number = Infinity,
): Line[] {
  const { running, endedCount, totals } = tasks;
  const shown = running.length <= most ? running : busiest(running, Math.max(0, most - 1));
  const hidden = running.length - shown.length;
  const { chosen, name, hasSpark } = fit(running, columns);
  const facts = [
    counted(running.length, "task"),
    ...(endedCount > 0 ? [`${endedCount} ended`] : []),
    shortTime(seconds),
    ...(isFull ? ["q ends"] : []),
  ];
  const title: Line = [["proctor watch", "strong"], [`  ${facts.join(glyphs.separator)}`, "dim"]];
  if (running.length === 0) return [title, [], [["No process matches at the moment.", "dim"]]];
  const gap = " ".repeat(GAP);
  const head = fitText("TASK", name, "") +
    chosen.map(({ head, width }) => gap + fitRight(head, width, "")).join("");
  const width = name + chosen.reduce((sum, column) => sum + GAP + column.width, 0) +
    (hasSpark ? GAP + SPARK : 0);
  const rows = shown.map((row): Line => [
    [fitText(glyphs.shown(row.taskId), name, glyphs.ellipsis)],
    ...chosen.flatMap(({ cell, width }): Line => {
      const [text, style] = cell(row);
      return [[gap], [fitRight(text, width, glyphs.ellipsis), style]];
    }),
    ...(hasSpark ? [[gap] as const, sparkPiece(padded(row.history), "cpu", glyphs)] : []),
  ]);
  const all: Line = [
    [fitText("TOTAL", name, ""), "strong"],
    ...chosen.flatMap((
      { total, width },
    ): Line => [[gap], [fitRight(total?.(totals) ?? "", width, ""), "strong"]]),
  ];
  return [
    title,
    [[fitText(hasSpark ? `${head}${gap}CPU HISTORY` : head, width, ""), "head"]],
    ...rows,
    ...(hidden > 0 ? [[[`${glyphs.ellipsis} and ${hidden} more, with less CPU`, "dim"]] as Line] : []),
    all,
  ];
}

function fit(rows: readonly WatchedRow[], columns: number) {
  const hasNetwork = rows.some(({ rxPerSecond, txPerSecond }) => rxPerSecond >= 0 || txPerSecond >= 0);
  let chosen = hasNetwork ? [...COLUMNS, ...NETWORK] : [...COLUMNS];
  const longest = Math.max(LEAST_NAME, ...rows.map(({ taskId }) => taskId.length));
  const used = () => chosen.reduce((sum, { width }) => sum + GAP + width, 0);
  while (chosen.length > 1 && columns - used() < LEAST_NAME) {
    const last = Math.max(...chosen.map(({ rank }) => rank));
    chosen = chosen.filter(({ rank }) => rank !== last);
  }
  const name = Math.max(1, Math.min(longest, MOST_NAME, columns - used()));
  return { chosen, name, hasSpark: columns - used() - name >= SPARK + GAP };
}

/** Those with most CPU, in the order in which they stand. */
function busiest(rows: readonly WatchedRow[], most: number): WatchedRow[] {
  const cpu = ({ cpuPercent }: WatchedRow) => Number.isNaN(cpuPercent) ? -1 : cpuPercent;
  const chosen = new Set(rows.toSorted((a, b) => cpu(b) - cpu(a)).slice(0, most));
  return rows.filter((row) => chosen.has(row));
}

function padded(history: readonly number[]): number[] {
  const last = history.slice(-SPARK);
  return [...Array.from({ length: SPARK - last.length }, () => NaN), ...last];
}
