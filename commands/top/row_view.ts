import { METRIC } from "../../core/measure/metrics.ts";
import type { HostProcess } from "../../host/process_table.ts";
import { withoutDirectory } from "./without_directory.ts";
import { heat, shortBytes, shortPercent } from "../../render/screen/figures.ts";
import { fitRight, fitText } from "../../render/screen/fit_text.ts";
import type { Lane, Series } from "../screen/series.ts";
import type { History } from "./history.ts";
import { branchesOf, isFolded, membersOf } from "./rows.ts";
import type { Row } from "./rows.ts";
import { sparkPiece } from "../../render/screen/sparkline.ts";
import type { Glyphs } from "../../render/screen/sparkline.ts";
import type { Sort, TopState } from "./state.ts";
import type { Line, Style } from "../../render/screen/style.ts";

/** How the table is laid out on a screen. */
export interface Layout {
  readonly columns: number;
  readonly glyphs: Glyphs;
  readonly history: History;
  readonly tick: number;
  /** Ticks that a sparkline shows; 0: there is no room for any. */
  readonly sparkWidth: number;
  readonly showsUser: boolean;
  readonly showsTime: boolean;
  readonly showsThreads: boolean;
  readonly showsIo: boolean;
  readonly showsNetwork: boolean;
  /** What stands for no CPU and no bytes: on a screen nothing, for a program that reads columns a figure. */
  readonly nothing: { readonly percent: string; readonly bytes: string };
  readonly state: TopState;
}

const PID_WIDTH = 7;
const USER_WIDTH = 8;
const CPU_WIDTH = 6;
const MEMORY_WIDTH = 8;
const TIME_WIDTH = 9;
const THREADS_WIDTH = 4;
const RATE_WIDTH = 7;
/** Of the command column, what the lines of the tree may take. */
const TREE_SHARE = 0.4;

/** The heading of the table; the column that is sorted by is marked. */
export function tableHead(layout: Layout, { sort, isReversed }: TopState): Line {
  const { columns, glyphs, sparkWidth, showsUser, showsTime, showsThreads, showsIo, showsNetwork } = layout;
  const arrow = isReversed ? "^" : "v";
  const name = (words: string, column: Sort) => sort === column ? `${words}${arrow}` : words;
  const spark = sparkWidth > 0 ? " ".repeat(sparkWidth + 1) : "";
  const text = [
    fitRight(name("PID", "pid"), PID_WIDTH, ""),
    ...(showsUser ? [fitText("USER", USER_WIDTH, "")] : []),
    "S",
    fitRight(name(`${METRIC.cpu_percent.label}%`, "cpu"), CPU_WIDTH, "") + spark,
    fitRight(name(METRIC.memory_bytes.label.toUpperCase(), "memory"), MEMORY_WIDTH, "") + spark,
    ...(showsIo ? [fitRight(name("READ/s", "io"), RATE_WIDTH, ""), fitRight("WRITE/s", RATE_WIDTH, "")] : []),
    ...(showsNetwork
      ? [fitRight(name("RX/s", "network"), RATE_WIDTH, ""), fitRight("TX/s", RATE_WIDTH, "")]
      : []),
    ...(showsThreads ? [fitRight("THR", THREADS_WIDTH, "")] : []),
    ...(showsTime ? [fitRight(name("TIME", "time"), TIME_WIDTH, "")] : []),
    name("COMMAND", "name"),
  ].join(" ");
  return [[fitText(text, columns, glyphs.ellipsis), "head"]];
}

/** Texts that stay the same from look to look: most processes sleep, and formatting costs more than reading. */
interface Kept {
  command: string;
  glyphs: Glyphs;
  shown: string;
  bytes: number;
  bytesText: string;
}
const kept = new WeakMap<HostProcess, Kept>();

function keptOf(process: HostProcess, glyphs: Glyphs): Kept {
  const { command } = process;
  let texts = kept.get(process);
  if (texts?.command !== command || texts.glyphs !== glyphs) {
    texts = { command, glyphs, shown: glyphs.shown(withoutDirectory(command)), bytes: NaN, bytesText: "-" };
    kept.set(process, texts);
  }
  return texts;
}

function shownBytes(process: HostProcess, bytes: number, glyphs: Glyphs): string {
  const texts = keptOf(process, glyphs);
  if (texts.bytes !== bytes) {
    texts.bytes = bytes;
    texts.bytesText = shortBytes(bytes);
  }
  return texts.bytesText;
}

/** A row of the table, as wide as the screen. */
export function rowLine(row: Row, layout: Layout, isSelected: boolean): Line {
  const { columns, glyphs } = layout;
  const cells = cellsOf(row, layout);
  const used = cells.reduce((width, [text]) => width + text.length, 0);
  const room = Math.max(0, columns - used);
  const command = fitText(commandOf(row, room, layout), room, glyphs.ellipsis);
  const line: Line = [...cells, [command, row.kind === "heading" ? "group" : undefined]];
  // Inside a line that is turned around, other colours would be hard to read.
  if (!isSelected) return line;
  return [[fitText(line.map(([text]) => text).join(""), columns, glyphs.ellipsis), "selected"]];
}

/** All cells but the command; each is as long as it is wide. */
function cellsOf(row: Row, layout: Layout): [string, Style?][] {
  const { glyphs, sparkWidth, showsUser, showsTime, showsThreads, showsIo, showsNetwork } = layout;
  const process = row.kind === "heading" ? undefined : row.process;
  const spark = (what: "cpu" | "memory") => sparkPiece(pastOf(row, layout, sparkWidth, what), what, glyphs);
  const [percent, bytes] = figuresOf(row);
  const cells: [string, Style?][] = [[fitRight(process ? String(process.pid) : "", PID_WIDTH, ""), "dim"], [
    " ",
  ]];
  if (showsUser) {
    const user = row.kind === "heading"
      ? memberCount(row.members.length)
      : asciiOnly(row.process.userName ?? "?");
    cells.push([fitText(glyphs.shown(user), USER_WIDTH, glyphs.ellipsis === "~" ? "~" : "+"), "dim"], [" "]);
  }
  cells.push([process?.state ?? " ", process?.state === "R" ? "strong" : "dim"], [" "]);
  cells.push([fitRight(shortPercent(percent) || layout.nothing.percent, CPU_WIDTH, ""), heat(percent)], [
    " ",
  ]);
  if (sparkWidth > 0) cells.push([...spark("cpu")], [" "]);
  const bytesText = process ? shownBytes(process, bytes, glyphs) : shortBytes(bytes);
  cells.push([fitRight(bytesText || layout.nothing.bytes, MEMORY_WIDTH, "")], [" "]);
  if (sparkWidth > 0) cells.push([...spark("memory")], [" "]);
  for (const value of [...(showsIo ? ioOf(row) : []), ...(showsNetwork ? trafficOf(row) : [])]) {
    cells.push([
      fitRight(shortBytes(value) || layout.nothing.bytes, RATE_WIDTH, ""),
      value > 0 ? undefined : "dim",
    ], [" "]);
  }
  if (showsThreads) {
    const count = row.kind === "heading" ? row.threadCount : row.process.threadCount;
    cells.push([fitRight(String(count), THREADS_WIDTH, "+"), count > 1 ? undefined : "dim"], [" "]);
  }
  if (showsTime) {
    cells.push([fitRight(process ? cpuTime(process.cpuSeconds) : "", TIME_WIDTH, ""), "dim"], [" "]);
  }
  return cells;
}

function figuresOf(row: Row): [percent: number, bytes: number] {
  if (row.kind === "heading") return [row.cpuPercent, row.memoryBytes];
  const { isFolded, totalPercent, totalBytes, cpuPercent, memoryBytes } = row.place;
  return isFolded ? [totalPercent, totalBytes] : [cpuPercent, memoryBytes];
}

function ioOf(row: Row): [readBytes: number, writeBytes: number] {
  if (row.kind === "heading") return [row.readBytes, row.writeBytes];
  const { isFolded, totalReadBytes, totalWriteBytes, readBytes, writeBytes } = row.place;
  return isFolded ? [totalReadBytes, totalWriteBytes] : [readBytes, writeBytes];
}

function trafficOf(row: Row): [rxBytes: number, txBytes: number] {
  if (row.kind === "heading") return [row.rxBytes, row.txBytes];
  const { isFolded, totalRxBytes, totalTxBytes, rxBytes, txBytes } = row.place;
  return isFolded ? [totalRxBytes, totalTxBytes] : [rxBytes, txBytes];
}

const AT = {
  cpu: (series: Series, tick: number) => series.cpuAt(tick),
  memory: (series: Series, tick: number) => series.memoryAt(tick),
  read: (series: Series, tick: number) => series.readAt(tick),
  write: (series: Series, tick: number) => series.writeAt(tick),
  rx: (series: Series, tick: number) => series.rxAt(tick),
  tx: (series: Series, tick: number) => series.txAt(tick),
} satisfies Record<Lane, (series: Series, tick: number) => number>;

/** So many ticks up to the one that is shown, of all that a row stands for; NaN where nothing is known. */
export function pastOf(
  row: Row,
  { history, tick }: Pick<Layout, "history" | "tick">,
  count: number,
  what: Lane,
): number[] {
  const group = what === "cpu" && row.kind === "heading" && row.countedGroup !== null
    ? history.groupSeries(row.countedGroup)
    : undefined;
  const members = group ? [] : membersOf(row);
  const valueAt = AT[what];
  const values = new Array<number>(count);
  for (let index = 0; index < count; index++) {
    const at = tick - count + 1 + index;
    let value = group ? group.cpuAt(at) : NaN;
    for (const { series } of members) {
      const own = valueAt(series, at);
      if (!Number.isNaN(own)) value = Number.isNaN(value) ? own : value + own;
    }
    values[index] = value;
  }
  return values;
}

/** What is run, at its place in the tree. */
function commandOf(row: Row, columns: number, { glyphs, state }: Layout): string {
  if (row.kind === "heading") {
    return `${row.isFolded ? glyphs.folded : glyphs.unfolded} ${glyphs.shown(row.title)}`;
  }
  const tree = state.view === "flat"
    ? ""
    : branches(branchesOf(row), Math.floor(columns * TREE_SHARE), glyphs);
  const mark = isFolded(row) ? `${glyphs.folded} (+${membersOf(row).length - 1}) ` : "";
  return `${tree}${mark}${keptOf(row.process, glyphs).shown}`;
}

/** The lines of the tree before a process; of a deep one only the last levels, so that the command has room. */
function branches(follows: readonly boolean[], columns: number, { branch, ellipsis }: Glyphs): string {
  const [more, last, line, nothing] = branch;
  const levels = follows.slice(1).map((isFollowed, index, all) =>
    index === all.length - 1 ? (isFollowed ? more : last) : isFollowed ? line : nothing
  );
  const most = Math.max(1, Math.floor(columns / more.length));
  return levels.length <= most
    ? levels.join("")
    : `${ellipsis.padEnd(more.length)}${levels.slice(1 - most).join("")}`;
}

/** `1:02.34`, minutes and seconds, or `3h07m`. */
export function cpuTime(seconds: number): string {
  if (seconds >= 3_600) {
    return `${Math.floor(seconds / 3_600)}h${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}m`;
  }
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, "0")}`;
}

/** How many there are, in the column of users. */
function memberCount(count: number): string {
  return count === 1 ? "1 proc" : count < 1_000 ? `${count} procs` : `${count} p`;
}

/** User names are ASCII nearly everywhere; what is not would spoil the width of the column. */
function asciiOnly(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
