import { humanBytes } from "../../exporters/units.ts";
import { withoutDirectory } from "./without_directory.ts";
import { fitRight, fitText } from "./fit_text.ts";
import type { History, Track } from "./history.ts";
import type { Row } from "./rows.ts";
import { cpuScale, memoryScale, sparkline } from "./sparkline.ts";
import type { Glyphs } from "./sparkline.ts";
import type { Sort, TopState } from "./state.ts";
import type { Line, Style } from "./style.ts";

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
  readonly state: TopState;
}

const PID_WIDTH = 7;
const USER_WIDTH = 8;
const CPU_WIDTH = 6;
const MEMORY_WIDTH = 8;
const TIME_WIDTH = 9;
/** Of the command column, what the lines of the tree may take. */
const TREE_SHARE = 0.4;
const HOT_PERCENT = 90;
const WARM_PERCENT = 25;

/** The heading of the table; the column that is sorted by is marked. */
export function tableHead(layout: Layout, { sort, isReversed }: TopState): Line {
  const { columns, glyphs, sparkWidth, showsUser, showsTime } = layout;
  const arrow = isReversed ? "^" : "v";
  const name = (words: string, column: Sort) => sort === column ? `${words}${arrow}` : words;
  const spark = sparkWidth > 0 ? " ".repeat(sparkWidth + 1) : "";
  const text = [
    fitRight(name("PID", "pid"), PID_WIDTH, ""),
    ...(showsUser ? [fitText("USER", USER_WIDTH, "")] : []),
    "S",
    fitRight(name("CPU%", "cpu"), CPU_WIDTH, "") + spark,
    fitRight(name("MEMORY", "memory"), MEMORY_WIDTH, "") + spark,
    ...(showsTime ? [fitRight(name("TIME", "time"), TIME_WIDTH, "")] : []),
    name("COMMAND", "name"),
  ].join(" ");
  return [[fitText(text, columns, glyphs.ellipsis), "head"]];
}

/** A row of the table, as wide as the screen. */
export function rowLine(row: Row, layout: Layout, isSelected: boolean): Line {
  const { columns, glyphs } = layout;
  const cells = cellsOf(row, layout);
  const used = cells.reduce((width, [text]) => width + text.length, 0);
  const room = Math.max(0, columns - used);
  const command = fitText(commandOf(row, room, layout), room, glyphs.ellipsis);
  const line: Line = [...cells, [command, row.track === null ? "group" : undefined]];
  // Inside a line that is turned around, other colours would be hard to read.
  if (!isSelected) return line;
  return [[fitText(line.map(([text]) => text).join(""), columns, glyphs.ellipsis), "selected"]];
}

/** All cells but the command; each is as long as it is wide. */
function cellsOf(row: Row, layout: Layout): [string, Style?][] {
  const { glyphs, sparkWidth, showsUser, showsTime } = layout;
  const process = row.track?.process;
  const cells: [string, Style?][] = [[fitRight(process ? String(process.pid) : "", PID_WIDTH, ""), "dim"], [
    " ",
  ]];
  if (showsUser) {
    const user = row.track === null ? members(row.members.length) : asciiOnly(process?.userName ?? "?");
    cells.push([fitText(user, USER_WIDTH, glyphs.ellipsis === "~" ? "~" : "+"), "dim"], [" "]);
  }
  cells.push([process?.state ?? " ", process?.state === "R" ? "strong" : "dim"], [" "]);
  cells.push([fitRight(percent(row.cpuPercent), CPU_WIDTH, ""), heat(row.cpuPercent)], [" "]);
  if (sparkWidth > 0) {
    const cpu = pastOf(row, layout, "cpu");
    cells.push([sparkline(cpu, ...cpuScale(cpu), glyphs), "spark"], [" "]);
  }
  cells.push([fitRight(bytes(row.memoryBytes), MEMORY_WIDTH, "")], [" "]);
  if (sparkWidth > 0) {
    const memory = pastOf(row, layout, "memory");
    cells.push([sparkline(memory, ...memoryScale(memory), glyphs), "spark"], [" "]);
  }
  if (showsTime) {
    cells.push([fitRight(process ? cpuTime(process.cpuSeconds) : "", TIME_WIDTH, ""), "dim"], [" "]);
  }
  return cells;
}

/** The ticks up to the one that is shown, of all that the row stands for. */
function pastOf(
  { members, countedGroup }: Row,
  { history, tick, sparkWidth }: Layout,
  what: "cpu" | "memory",
): number[] {
  const counted = what === "cpu" && countedGroup !== null ? history.groupSeries(countedGroup) : undefined;
  return Array.from({ length: sparkWidth }, (_, index) => {
    const at = tick - sparkWidth + 1 + index;
    if (counted) return counted.cpuAt(at);
    if (members.length === 1) return valueAt(members[0], what, at);
    let [sum, isKnown] = [0, false];
    for (const member of members) {
      const value = valueAt(member, what, at);
      if (Number.isNaN(value)) continue;
      sum += value;
      isKnown = true;
    }
    return isKnown ? sum : NaN;
  });
}

function valueAt({ series }: Track, what: "cpu" | "memory", tick: number): number {
  return what === "cpu" ? series.cpuAt(tick) : series.memoryAt(tick);
}

/** What is run, at its place in the tree. */
function commandOf(row: Row, columns: number, { glyphs, state }: Layout): string {
  const mark = row.isFolded ? `${glyphs.folded} ` : row.track === null ? `${glyphs.unfolded} ` : "";
  if (row.track === null) return mark + glyphs.shown(row.title);
  const tree = state.view === "flat" ? "" : branches(row.branches, Math.floor(columns * TREE_SHARE), glyphs);
  const hidden = row.isFolded ? `(+${row.members.length - 1}) ` : "";
  return `${tree}${mark}${hidden}${glyphs.shown(withoutDirectory(row.track.process.command))}`;
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

function heat(value: number): Style | undefined {
  if (value >= HOT_PERCENT) return "hot";
  if (value >= WARM_PERCENT) return "warm";
  return value < 0.05 ? "dim" : undefined;
}

function percent(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(value >= 1_000 ? 0 : 1);
}

function bytes(value: number): string {
  return Number.isNaN(value) ? "-" : humanBytes(Math.round(value)).replace(/iB$/, "").replace(/ B$/, "B");
}

/** `1:02.34`, minutes and seconds, or `3h07m`. */
function cpuTime(seconds: number): string {
  if (seconds >= 3_600) {
    return `${Math.floor(seconds / 3_600)}h${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}m`;
  }
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, "0")}`;
}

/** How many there are, in the column of users. */
function members(count: number): string {
  return count === 1 ? "1 proc" : count < 1_000 ? `${count} procs` : `${count} p`;
}

/** User names are ASCII nearly everywhere; what is not would spoil the width of the column. */
function asciiOnly(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
