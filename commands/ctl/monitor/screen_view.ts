import { clockTime, shortBytes, shortPercent } from "../../../render/screen/figures.ts";
import { cutLine } from "../../../render/screen/fit_line.ts";
import { fitRight, fitText, widthOf } from "../../../render/screen/fit_text.ts";
import { cpuScale, memoryScale, sparkline } from "../../../render/screen/sparkline.ts";
import type { Glyphs } from "../../../render/screen/sparkline.ts";
import type { Line, Size } from "../../../render/screen/style.ts";
import type { ProcessState, ProcessStatus } from "../../../supervisor/control.ts";
import { shortTime } from "../../../render/words/units.ts";
import { helpLines } from "./help_view.ts";
import type { Known } from "./known.ts";
import { listHead, listLayout, listLine } from "./list_view.ts";
import { PANE_HEAD, paneHead, paneLines } from "./pane_view.ts";
import type { Pane } from "./panes.ts";
import type { MonitorState } from "./state.ts";
import { STATE_STYLES } from "./state_styles.ts";

/** All that a screen is drawn from. */
export interface Scene {
  readonly state: MonitorState;
  readonly known: Known;
  readonly rows: readonly ProcessStatus[];
  readonly pane: Pane;
  readonly size: Size;
  readonly glyphs: Glyphs;
  readonly nowMs: number;
  /** Minutes that the local time is ahead of UTC. */
  readonly offsetMinutes: number;
}

/** The lines of a screen, by what they are for. */
export interface Division {
  /** Processes. */
  readonly page: number;
  /** Lines of the pane, without its heading; 0: there is no room for it. */
  readonly pane: number;
}

const HEAD_LINES = 4;
const FOOT_LINES = 1;
/** Unasked, a pane of less is not worth its heading. */
const SHORTEST_PANE = 3;
const SHORTEST_LIST = 3;

/** How a screen is divided between so many processes and what one sees of the chosen one. */
export function divide({ rows }: Size, processes: number, isOpen: boolean): Division {
  const body = Math.max(1, rows - HEAD_LINES - FOOT_LINES);
  const opened = body - 1 - PANE_HEAD;
  // Who has opened it wants to see a line of it rather than none.
  if (isOpen && opened >= 1) return { page: 1, pane: opened };
  const most = body - PANE_HEAD - SHORTEST_PANE;
  if (most < SHORTEST_LIST) return { page: body, pane: 0 };
  const page = Math.min(
    Math.max(1, processes),
    Math.max(SHORTEST_LIST, Math.min(most, Math.floor(body / 2))),
  );
  return { page, pane: body - page - PANE_HEAD };
}

/** The screen, line by line; as many as it has rows, none wider than it. Pure. */
export function screenLines(scene: Scene): Line[] {
  const { state, known, rows, size: { columns, rows: height }, size, glyphs, nowMs } = scene;
  const passedSeconds = isOld(scene) ? 0 : Math.max(0, nowMs - known.lookedAtMs) / 1_000;
  const layout = listLayout(rows, known, columns, glyphs, passedSeconds);
  const body: Line[] = state.showsHelp ? helpLines(columns, state.isOwn, glyphs) : bodyLines(scene, layout);
  const room = Math.max(1, height - HEAD_LINES - FOOT_LINES);
  while (body.length < room) body.push([]);
  const lines = [...headLines(scene), listHead(layout, state), ...body.slice(0, room), footLine(scene)];
  // The smallest of screens keep what is at their top. A line that is full leaves nothing of the one before it.
  return lines.slice(0, Math.max(1, height)).map((line) => cutLine(line, size.columns, glyphs.ellipsis));
}

/** Whether what is known is of a while ago. */
function isOld({ known, nowMs }: Scene): boolean {
  return known.trouble !== null || nowMs > known.answerDueMs;
}

function bodyLines(scene: Scene, layout: ReturnType<typeof listLayout>): Line[] {
  const { state, rows, pane, size, size: { columns }, glyphs } = scene;
  const { page, pane: room } = divide(size, rows.length, state.isOpen);
  const areOld = isOld(scene);
  const first = state.isOpen && page === 1 ? state.cursor : state.scroll;
  const list = rows.slice(first, first + page)
    .map((status, index) => listLine(status, layout, first + index === state.cursor, areOld));
  if (rows.length === 0) list.push([[fitText(whyNone(scene), columns, glyphs.ellipsis), "dim"]]);
  while (list.length < page) list.push([]);
  if (room === 0) return list;
  return [
    ...list,
    ...paneHead(rows[state.cursor], state, pane, columns, glyphs),
    ...paneLines(pane, state.anchor, state, columns, room, glyphs),
  ];
}

function whyNone({ known, state, glyphs }: Scene): string {
  if (known.statuses.length === 0) return "there are no processes; proctor ctl add makes one";
  return `nothing matches "${glyphs.shown(state.filter)}"; Esc shows all`;
}

function headLines(scene: Scene): Line[] {
  const { state, known, size: { columns }, glyphs, nowMs, offsetMinutes } = scene;
  const { info, infoAtMs, trouble, answerDueMs } = known;
  const up = info && !trouble ? info.uptime_seconds + (nowMs - infoAtMs) / 1_000 : null;
  const left = [
    `proctor ${state.isOwn ? "supervise" : "ctl monitor"}  ${glyphs.shown(info?.base_directory ?? "")}`,
    ...(info ? [`supervisor ${info.pid}${info.state === "running" ? "" : `, ${info.state}`}`] : []),
    ...(up === null ? [] : [`up ${shortTime(up)}`]),
  ].join(glyphs.separator);
  const clock = clockTime(nowMs, offsetMinutes);
  const isSlow = nowMs > answerDueMs;
  const sinceMs = trouble?.sinceMs ?? answerDueMs;
  const lost = trouble || isSlow ? `no answer for ${shortTime(Math.max(0, nowMs - sinceMs) / 1_000)}  ` : "";
  const room = Math.max(0, columns - widthOf(clock) - widthOf(lost) - 1);
  return [
    [[fitText(left, room, glyphs.ellipsis), "strong"], [" "], [lost, "warn"], [clock, "dim"]],
    totalLine(scene),
    trouble
      ? [[fitText(glyphs.shown(`trying again: ${trouble.words}`), columns, glyphs.ellipsis), "warn"]]
      : countLine(scene),
  ];
}

function totalLine({ known: { total, tick }, size: { columns }, glyphs }: Scene): Line {
  const width = Math.max(0, Math.min(24, Math.floor((columns - 32) / 2)));
  const ticks = Array.from({ length: width }, (_, index) => tick - width + 1 + index);
  const [cpu, memory] = [ticks.map((at) => total.cpuAt(at)), ticks.map((at) => total.memoryAt(at))];
  return [
    ["CPU "],
    [fitRight(`${shortPercent(total.cpuAt(tick)) || "0.0"}%`, 7, ""), "strong"],
    [" "],
    [sparkline(cpu, ...cpuScale(cpu), glyphs), "spark"],
    ["  memory "],
    [fitRight(shortBytes(total.memoryAt(tick)), 7, ""), "strong"],
    [" "],
    [sparkline(memory, ...memoryScale(memory), glyphs), "spark"],
  ];
}

function countLine({ known: { statuses }, rows, state, glyphs }: Scene): Line {
  const counts = new Map<ProcessState, number>();
  let unhealthy = 0;
  for (const { state: name, health } of rows) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (health === "unhealthy") unhealthy++;
  }
  const all = `${statuses.length} ${statuses.length === 1 ? "process" : "processes"}`;
  const which = state.filter === "" ? all : `${rows.length} of ${all} match "${glyphs.shown(state.filter)}"`;
  return [
    [rows.length === 0 ? which : `${which}: `, "dim"],
    ...[...counts].flatMap(([name, count], index): Line => [
      ...(index > 0 ? [[", ", "dim"] as const] : []),
      [`${count} ${name}`, STATE_STYLES[name]],
    ]),
    ...(unhealthy > 0 ? [[", ", "dim"] as const, [`${unhealthy} unhealthy`, "hot"] as const] : []),
    // Any other order is marked in the heading of the table.
    [state.isReversed && state.sort === "order" ? `${glyphs.separator}reversed` : "", "dim"],
  ];
}

const HINTS = "q quit  ? help  Enter open  l e a i pane  / find  f filter  s sort  u d r k act";
const OPEN_HINTS = "Esc close  up, down scroll  End newest  / search  n N next  w wrap  l e a i pane";

function footLine({ state, size: { columns }, glyphs }: Scene): Line {
  const { prompt } = state;
  const fit = (text: string) => fitText(text, columns, glyphs.ellipsis);
  if (prompt?.kind === "question") return [[fit(`${glyphs.shown(prompt.words)}? y/n`), "warn"]];
  if (prompt?.kind === "signal") {
    const to = `signal to ${glyphs.shown(prompt.id)}`;
    return [[fit(`${to}: ${glyphs.shown(prompt.text)}${glyphs.cursor}`), "strong"]];
  }
  if (prompt) {
    const missed = prompt.kind === "search" && prompt.text !== "" && state.match === null
      ? "  nothing has it"
      : "";
    return [[fit(`${prompt.kind}: ${glyphs.shown(prompt.text)}${glyphs.cursor}${missed}`), "strong"]];
  }
  if (state.message !== null) return [[fit(glyphs.shown(state.message)), "warn"]];
  if (state.showsHelp) return [[fit("any key goes back"), "dim"]];
  return [[fit(state.isOpen ? OPEN_HINTS : HINTS), "dim"]];
}
