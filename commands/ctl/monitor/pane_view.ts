import { fitText, textRows, widthOf } from "../../../render/screen/fit_text.ts";
import type { Glyphs } from "../../../render/screen/sparkline.ts";
import type { Line } from "../../../render/screen/style.ts";
import type { ProcessStatus } from "../../../supervisor/control.ts";
import type { Pane } from "./panes.ts";
import { parted } from "./search.ts";
import { PANES } from "./state.ts";
import type { MonitorState } from "./state.ts";
import { reasonStyle } from "./state_styles.ts";

/** Lines above those of the pane itself: its heading, and why the process is as it is. */
export const PANE_HEAD = 2;

type Looks = Pick<MonitorState, "search" | "match" | "wraps">;

/** What of a pane is on the screen, from the top down; at most as many lines as there is room for. */
export function paneLines(
  pane: Pane,
  anchor: number | null,
  looks: Looks,
  columns: number,
  room: number,
  glyphs: Glyphs,
): Line[] {
  const { first, end, isTail, at, whenEmpty } = pane;
  if (end === first) return [[[fitText(glyphs.shown(whenEmpty), columns, glyphs.ellipsis), "dim"]]];
  const wraps = looks.wraps || pane.wraps;
  const drawn = (number: number) =>
    drawnLine(at(number), { ...looks, wraps }, number === looks.match, columns, glyphs);
  const lines: Line[] = [];
  if (isTail) {
    // What was forgotten meanwhile cannot be stood at any more.
    let number = Math.max(first, Math.min(end - 1, anchor ?? end - 1));
    const last = number;
    while (number >= first && lines.length < room) lines.unshift(...drawn(number--));
    for (number = last + 1; number < end && lines.length < room; number++) lines.push(...drawn(number));
    return lines.length > room ? lines.slice(lines.length - room) : lines;
  }
  for (let number = Math.min(end - 1, anchor ?? first); number < end && lines.length < room; number++) {
    lines.push(...drawn(number));
  }
  return lines.slice(0, room);
}

function drawnLine(
  { head, headStyle, text, style }: ReturnType<Pane["at"]>,
  { search, wraps }: Looks,
  isMatch: boolean,
  columns: number,
  { ellipsis }: Glyphs,
): Line[] {
  const shownHead = fitText(head, Math.min(columns, widthOf(head)), ellipsis);
  const room = Math.max(1, columns - widthOf(shownHead));
  const rows = wraps ? textRows(text, room) : [fitText(text, room, ellipsis).trimEnd()];
  return rows.map((row, index): Line => [
    index === 0 ? [shownHead, headStyle] : [" ".repeat(widthOf(shownHead))],
    ...parted(row, search).map((piece, part) =>
      part % 2 === 1 ? [piece, "match"] as const : [piece, isMatch ? "strong" : style] as const
    ),
  ]);
}

/** The heading of the pane: whose it is, which there are, and where one is in it; below it why it is as it is. */
export function paneHead(
  status: ProcessStatus | undefined,
  state: Pick<MonitorState, "pane" | "anchor">,
  pane: Pane,
  columns: number,
  { rule, shown, ellipsis, bars }: Glyphs,
): Line[] {
  const name = status === undefined ? "no process" : shown(status.id);
  const behind = state.anchor === null ? "" : whereIn(pane, state.anchor);
  const tabs = PANES.flatMap((one, index): Line => [
    ...(index === 0 ? [] : [[` ${bars[0]} `, "dim"] as const]),
    one === state.pane ? [one, "strong"] : [one, "dim"],
  ]);
  const tabsWidth = tabs.reduce((width, [text]) => width + text.length, 0);
  const room = Math.max(0, columns - tabsWidth - behind.length - 10);
  const shownName = fitText(name, Math.min(room, widthOf(name)), ellipsis);
  const rest = columns - widthOf(shownName) - tabsWidth - behind.length - 8;
  const reason = status && (status.reason ?? status.degraded);
  return [
    [
      [rule.repeat(2), "dim"],
      [` ${shownName} `, "group"],
      [rule.repeat(2), "dim"],
      [" "],
      ...tabs,
      [" "],
      [rule.repeat(Math.max(0, rest - 2)), "dim"],
      [behind, "warn"],
      [rule.repeat(2), "dim"],
    ],
    reason
      ? [[fitText(`${status.state}: ${shown(reason)}`, columns, ellipsis), reasonStyle(status)]]
      : [[status === undefined ? "" : factsBelow(status), "dim"]],
  ];
}

/** Where a pane stands still. */
function whereIn({ first, end, isTail }: Pane, anchor: number): string {
  if (!isTail) return ` from line ${anchor - first + 1} `;
  const newer = Math.max(0, end - 1 - anchor);
  return newer === 0 ? " stands still " : ` ${newer} newer `;
}

/** Where there is nothing to explain: what the table has no room for. */
function factsBelow({ state, pid, process_count: count, groups, type }: ProcessStatus): string {
  return [
    ...(type === "standard_managed" ? [] : [type.replace("_", " ")]),
    state,
    ...(pid === null ? [] : [`PID ${pid}`]),
    ...(count === null ? [] : [count === 1 ? "1 process" : `${count} processes`]),
    ...((groups ?? []).map((group) => `@${group}`)),
  ].join(", ");
}
