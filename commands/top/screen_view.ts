import { counted, humanBytes, humanSeconds } from "../../render/words/units.ts";
import { cutLine } from "../../render/screen/fit_line.ts";
import { clockTime } from "../../render/screen/figures.ts";
import { fitRight, fitText, widthOf } from "../../render/screen/fit_text.ts";
import { coreLineCount, coreLines } from "./cores_view.ts";
import { detailLines } from "./detail_view.ts";
import { helpLines } from "./help_view.ts";
import type { MachineMoment } from "../../host/machine_meter.ts";
import type { ProcessDetails } from "../../host/process_table.ts";
import type { History } from "./history.ts";
import type { Table } from "./rows.ts";
import { rowLine, tableHead } from "./row_view.ts";
import type { Layout } from "./row_view.ts";
import { memoryScale, sparkline } from "../../render/screen/sparkline.ts";
import type { Glyphs } from "../../render/screen/sparkline.ts";
import type { Line, Size } from "../../render/screen/style.ts";
import type { TopState } from "./state.ts";

/** All that a screen is drawn from. */
export interface Scene {
  readonly state: TopState;
  readonly history: History;
  readonly table: Table;
  /** The tick that is shown. */
  readonly tick: number;
  readonly size: Size;
  readonly glyphs: Glyphs;
  readonly hostName: string;
  /** Minutes that the local time is ahead of UTC. */
  readonly offsetMinutes: number;
  /** Of the chosen process, where its details are shown. */
  readonly details?: ProcessDetails | null;
  /** Whether it is printed once, with what goes by looks of before left out. */
  readonly isPlain?: boolean;
}

const HEAD_LINES = 4;
const FOOT_LINES = 1;
/** The clock at its end is to be seen where lines are long. */
const WIDEST_HEAD = 100;
/** Two columns of rates, with the space behind each. */
const RATE_COLUMNS = 16;
/** From here on what is read and written has a place without being asked for. */
const IO_FROM = 120;
/** Rates are left out of what is narrower. */
const RATES_FROM = 60;

/** How many rows of the table a screen holds. @param coreCount how many CPUs are known of */
export function pageLength(size: Size, { showsCores }: TopState, coreCount: number): number {
  return Math.max(1, size.rows - HEAD_LINES - FOOT_LINES - coreLineCount(coreCount, size, showsCores));
}

/** The screen, line by line; as many as it has rows, none wider than it. Pure. */
export function screenLines(scene: Scene): Line[] {
  const { state, size, glyphs } = scene;
  const layout: Layout = layoutOf(scene);
  const moment = scene.history.momentAt(scene.tick);
  const cores = moment?.corePercents ?? [];
  const page = pageLength(size, state, cores.length);
  const hasCores = coreLineCount(cores.length, size, state.showsCores) > 0;
  const head = [...headLines(scene), ...(hasCores ? coreLines(cores, size, glyphs) : [])];
  const lines = state.showsDetails && !state.showsHelp
    ? [...head, ...detailPage(scene, layout, page + 1), footLine(scene)]
    : [...head, tableHead(layout, state), ...tablePage(scene, layout, page), footLine(scene)];
  // The smallest of screens keep what is at their top. A line that is full leaves nothing of the one before it.
  return lines.slice(0, Math.max(1, size.rows)).map((line) => cutLine(line, size.columns, glyphs.ellipsis));
}

function tablePage({ state, table: { rows }, size, glyphs }: Scene, layout: Layout, page: number): Line[] {
  const body = state.showsHelp
    ? helpLines(size.columns, glyphs)
    : rows.slice(state.scroll, state.scroll + page).map((row, index) =>
      rowLine(row, layout, state.scroll + index === state.cursor)
    );
  if (rows.length === 0 && !state.showsHelp) {
    const why = state.filter === ""
      ? "no processes"
      : `nothing matches "${glyphs.shown(state.filter)}"; Esc shows all`;
    body.push([[fitText(why, size.columns, glyphs.ellipsis), "dim"]]);
  }
  while (body.length < page) body.push([]);
  return body.slice(0, page);
}

function detailPage(
  { state, table, size, history, tick, details = null }: Scene,
  layout: Layout,
  height: number,
): Line[] {
  const row = table.rows.find(({ id }) => id === state.selected);
  const timeMs = history.momentAt(tick)?.timeMs ?? NaN;
  const lines: Line[] = row
    ? detailLines(
      row,
      { state, layout, size, details: state.pausedAt === null ? details : null, timeMs },
      height,
    )
    : [[["it has ended, or is filtered away; Esc goes back", "dim"]]];
  while (lines.length < height) lines.push([]);
  return lines;
}

/** All of a look, for a file or another program: each row there is. Pure. */
export function batchLines(scene: Scene): Line[] {
  const { state, table: { rows }, size } = scene;
  const layout = layoutOf(scene);
  const body = rows.map((row) => rowLine(row, layout, false));
  const head = headLines({ ...scene, size: { ...size, columns: Math.min(size.columns, WIDEST_HEAD) } });
  return [...head, tableHead(layout, state), ...body];
}

function layoutOf({ size: { columns }, glyphs, history, tick, state, isPlain }: Scene): Layout {
  const showsNetwork = state.showsNetwork && columns >= RATES_FROM;
  // Its columns take room from those that come next.
  const beside = columns - (showsNetwork ? RATE_COLUMNS : 0);
  const showsIo = (state.showsIo && beside >= RATES_FROM) || beside >= IO_FROM;
  const room = beside - (showsIo ? RATE_COLUMNS : 0);
  const sparkWidth = isPlain || room < 70 ? 0 : room >= 120 ? 16 : 8;
  return {
    columns,
    glyphs,
    history,
    tick,
    sparkWidth,
    showsUser: columns >= 50,
    showsTime: room >= 100,
    showsThreads: room >= 100,
    showsIo,
    showsNetwork,
    nothing: isPlain ? { percent: "0.0", bytes: "0 B" } : { percent: "", bytes: "" },
    state,
  };
}

function headLines(scene: Scene): Line[] {
  const { history, tick, size: { columns }, glyphs, state, table } = scene;
  const moment = history.momentAt(tick);
  const clock = moment ? clockTime(moment.timeMs, scene.offsetMinutes) : "";
  const load = moment?.load
    ? `${glyphs.separator}load ${moment.load.map((value) => value.toFixed(2)).join(" ")}`
    : "";
  const up = moment?.uptimeSeconds ? `${glyphs.separator}up ${roughly(moment.uptimeSeconds)}` : "";
  const left = `proctor top  ${glyphs.shown(scene.hostName)}${up}${load}`;
  const stands = pauseWords(scene);
  const right = stands === "" ? clock : `${stands}  ${clock}`;
  const room = Math.max(0, columns - widthOf(right) - 1);
  return [
    [[fitText(left, room, glyphs.ellipsis), "strong"], [" "], [
      fitText(right, columns - room - 1, glyphs.ellipsis),
      stands === "" ? "dim" : "warn",
    ]],
    machineLine(scene, moment),
    [[fitText(countLine(table, state, glyphs), columns, glyphs.ellipsis), "dim"]],
  ];
}

function pauseWords({ state, history, tick }: Scene): string {
  if (state.pausedAt === null) return "";
  const [shown, newest] = [history.momentAt(tick), history.momentAt(history.last)];
  const seconds = shown && newest ? Math.round((newest.timeMs - shown.timeMs) / 1_000) : 0;
  return seconds > 0 ? `paused, ${seconds}s ago` : "paused";
}

function machineLine(
  { history, tick, size: { columns }, glyphs, isPlain }: Scene,
  moment: MachineMoment | undefined,
): Line {
  const width = isPlain ? 0 : Math.max(0, Math.min(24, Math.floor((columns - 56) / 2)));
  const past = Array.from({ length: width }, (_, index) => history.momentAt(tick - width + 1 + index));
  const cpu = past.map((at) => at?.cpuPercent ?? NaN);
  const memory = past.map((at) => at?.memoryUsedBytes ?? NaN);
  const used = moment?.memoryUsedBytes ?? null;
  const total = moment?.memoryTotalBytes ?? null;
  const share = used === null || total === null ? "" : ` ${((used / total) * 100).toFixed(1)}%`;
  const percent = moment?.cpuPercent ?? null;
  const cpuText = percent === null ? glyphs.missing : `${percent.toFixed(1)}%`;
  const amount = (bytes: number | null) => bytes === null ? glyphs.missing : humanBytes(bytes);
  return [
    ["CPU "],
    [fitRight(cpuText, 6, ""), "strong"],
    [" "],
    [sparkline(cpu, 0, 100, glyphs), "spark"],
    ["  memory "],
    [`${amount(used)} of ${amount(total)}${share}`, "strong"],
    [" "],
    [sparkline(memory, ...memoryScale(memory), glyphs), "spark"],
  ];
}

const VIEW_WORDS = { groups: "by group", cgroups: "by cgroup", flat: "flat" };
const SORT_WORDS = {
  cpu: "CPU",
  memory: "memory",
  io: "I/O",
  network: "network",
  time: "CPU time",
  pid: "PID",
  name: "name",
};

function countLine(table: Table, state: TopState, glyphs: Glyphs): string {
  const { processCount, runningCount, zombieCount } = table;
  return [
    [
      counted(processCount, "process", "processes"),
      `${runningCount} running`,
      ...(zombieCount > 0 ? [counted(zombieCount, "zombie")] : []),
    ].join(", "),
    `${VIEW_WORDS[state.view]}, ${SORT_WORDS[state.sort]}${state.isReversed ? " reversed" : ""}`,
    ...(state.roots.length > 0 ? [`below ${state.roots.join(", ")}`] : []),
    ...(state.filter === "" ? [] : [`filter "${glyphs.shown(state.filter)}"`]),
    ...(state.follows ? ["following"] : []),
  ].join(glyphs.separator);
}

const HINTS = "q quit  ? help  Enter details  / filter  s sort  g view  k kill  p pause";
const DETAIL_HINTS = "Esc close  \u2191 \u2193 another  k kill  p pause  [ ] history  q quit";
const DETAIL_HINTS_ASCII = "Esc close  up, down another  k kill  p pause  [ ] history  q quit";
const PAUSED_HINTS = "p go on  \u2190 \u2192 one step  { } ten steps  / filter  s sort  g view  q quit";
const PAUSED_HINTS_ASCII = "p go on  [ ] one step  { } ten steps  / filter  s sort  g view  q quit";

function footLine({ state, size: { columns }, glyphs }: Scene): Line {
  const isAscii = glyphs.ellipsis === "~";
  const { prompt } = state;
  const fit = (text: string) => fitText(text, columns, glyphs.ellipsis);
  if (prompt?.kind === "filter") {
    return [[fit(`filter: ${glyphs.shown(prompt.text)}${glyphs.cursor}`), "strong"]];
  }
  if (prompt?.kind === "signal") {
    const whom = glyphs.shown(prompt.target.words);
    const question = `signal for ${whom}: ${prompt.text}${glyphs.cursor}`;
    return [[fit(question), "strong"]];
  }
  if (prompt?.kind === "question") {
    return [[fit(`send ${prompt.signal} to ${glyphs.shown(prompt.target.words)}? y/n`), "warn"]];
  }
  if (state.message !== null) return [[fit(glyphs.shown(state.message)), "warn"]];
  if (state.showsHelp) return [[fit("any key goes back"), "dim"]];
  if (state.showsDetails) return [[fit(isAscii ? DETAIL_HINTS_ASCII : DETAIL_HINTS), "dim"]];
  return [[fit(state.pausedAt === null ? HINTS : isAscii ? PAUSED_HINTS_ASCII : PAUSED_HINTS), "dim"]];
}

/** `3d 4h`, `2h 5m`, `7m`. */
function roughly(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24];
  if (days > 0) return `${days}d ${hours}h`;
  return hours > 0 ? `${hours}h ${minutes % 60}m` : minutes > 0 ? `${minutes}m` : humanSeconds(seconds);
}
