import { shortTime } from "../../../render/words/units.ts";
import { heat, shortBytes, shortPercent } from "../../../render/screen/figures.ts";
import { fitRight, fitText, widthOf } from "../../../render/screen/fit_text.ts";
import { sparkPiece } from "../../../render/screen/sparkline.ts";
import type { Glyphs } from "../../../render/screen/sparkline.ts";
import type { Line, Style } from "../../../render/screen/style.ts";
import type { ProcessStatus } from "../../../supervisor/control.ts";
import type { Known } from "./known.ts";
import type { MonitorState, Sort } from "./state.ts";
import { HEALTH_STYLES, reasonStyle, STATE_STYLES } from "./state_styles.ts";

/** How the table is laid out on a screen. */
export interface ListLayout {
  readonly columns: number;
  readonly glyphs: Glyphs;
  readonly known: Known;
  /** Since they were looked at: what runs has run on. */
  readonly passedSeconds: number;
  readonly idWidth: number;
  /** Looks that a sparkline shows; 0: there is no room for any. */
  readonly cpuSpark: number;
  readonly memorySpark: number;
  readonly cells: readonly Cell[];
  /** Whether the rest of a line says why a process is as it is. */
  readonly showsReason: boolean;
}

interface Cell {
  readonly title: string;
  readonly sort: Sort;
  readonly width: number;
  readonly isRight: boolean;
  /** The screen is at least so wide. */
  readonly from: number;
  readonly of: (status: ProcessStatus, glyphs: Glyphs, passedSeconds: number) => string;
  readonly style?: (status: ProcessStatus) => Style | undefined;
  readonly spark?: "cpu" | "memory";
}

const CELLS: readonly Cell[] = [
  {
    title: "STATE",
    sort: "state",
    width: 8,
    isRight: false,
    from: 0,
    of: ({ state }) => state,
    style: ({ state }) => STATE_STYLES[state],
  },
  {
    title: "UPTIME",
    sort: "uptime",
    width: 8,
    isRight: true,
    from: 50,
    of: ({ uptime_seconds: seconds }, { missing }, passed) =>
      seconds === null ? missing : shortTime(seconds + passed),
    style: ({ uptime_seconds: seconds }) => seconds === null ? "dim" : undefined,
  },
  {
    title: "RESTARTS",
    sort: "restarts",
    width: 9,
    isRight: true,
    from: 74,
    of: ({ restarts }) => String(restarts),
    style: ({ restarts }) => restarts === 0 ? "dim" : undefined,
  },
  {
    title: "CPU%",
    sort: "cpu",
    width: 6,
    isRight: true,
    from: 30,
    of: ({ cpu_percent: percent }, { missing }) => percent === null ? missing : shortPercent(percent),
    style: ({ cpu_percent: percent }) => heat(percent ?? 0),
    spark: "cpu",
  },
  {
    title: "MEMORY",
    sort: "memory",
    width: 7,
    isRight: true,
    from: 40,
    of: ({ memory_bytes: bytes }, { missing }) => bytes === null ? missing : shortBytes(bytes),
    style: ({ memory_bytes: bytes }) => bytes === null ? "dim" : undefined,
    spark: "memory",
  },
  {
    title: "HEALTH",
    sort: "order",
    width: 9,
    isRight: false,
    from: 64,
    of: ({ health }, { missing }) => health ?? missing,
    style: ({ health }) => health === null ? "dim" : HEALTH_STYLES[health],
  },
];

const NARROWEST_ID = 8;
const WIDEST_ID = 32;
/** A column of reasons is worth its place where it has room for some words. */
const NARROWEST_REASON = 24;

/** How the table of some processes stands on so many columns. */
export function listLayout(
  rows: readonly ProcessStatus[],
  known: Known,
  columns: number,
  glyphs: Glyphs,
  passedSeconds: number,
): ListLayout {
  const cells = CELLS.filter(({ from }) => columns >= from);
  const cpuSpark = columns >= 120 ? 16 : columns >= 80 ? 8 : 0;
  const memorySpark = columns >= 120 ? 8 : 0;
  const sparks = [cpuSpark, memorySpark].reduce((sum, width) => sum + (width > 0 ? width + 1 : 0), 0);
  const room = columns - cells.reduce((sum, { width }) => sum + width + 1, 0) - sparks;
  const longest = Math.max(NARROWEST_ID, ...rows.map(({ id }) => widthOf(glyphs.shown(id))));
  const ideal = Math.min(WIDEST_ID, longest);
  const showsReason = room - ideal - 1 >= NARROWEST_REASON;
  const idWidth = showsReason ? ideal : Math.max(1, room);
  return { columns, glyphs, known, passedSeconds, idWidth, cpuSpark, memorySpark, cells, showsReason };
}

/** The heading of the table; the column that is sorted by is marked. */
export function listHead(layout: ListLayout, { sort, isReversed }: MonitorState): Line {
  const { columns, glyphs, idWidth, cells, showsReason } = layout;
  const mark = isReversed ? "^" : "v";
  const name = (title: string, of: Sort) => of === sort && sort !== "order" ? `${title}${mark}` : title;
  const parts = [fitText(name("ID", "id"), idWidth, "")];
  for (const { title, sort: of, width, isRight, spark } of cells) {
    parts.push((isRight ? fitRight : fitText)(name(title, of), width, ""));
    const sparkWidth = sparkWidthOf(layout, spark);
    if (sparkWidth > 0) parts.push(" ".repeat(sparkWidth));
  }
  if (showsReason) parts.push("REASON");
  return [[fitText(parts.join(" "), columns, glyphs.ellipsis), "head"]];
}

/** A process in one line, as wide as the screen. */
export function listLine(
  status: ProcessStatus,
  layout: ListLayout,
  isSelected: boolean,
  isOld: boolean,
): Line {
  const { columns, glyphs, passedSeconds, idWidth, cells, showsReason } = layout;
  const line: (readonly [string, Style?])[] = [[fitText(glyphs.shown(status.id), idWidth, glyphs.ellipsis)]];
  for (const { of, width, isRight, style, spark } of cells) {
    const text = of(status, glyphs, passedSeconds);
    line.push([" "], [isRight ? fitRight(text, width, "") : fitText(text, width, ""), style?.(status)]);
    const sparkWidth = sparkWidthOf(layout, spark);
    if (sparkWidth > 0) line.push([" "], sparkOf(status.id, layout, spark!, sparkWidth));
  }
  if (showsReason) {
    const used = line.reduce((sum, [text]) => sum + widthOf(text), 0);
    const reason = glyphs.shown(status.reason ?? status.degraded ?? "");
    line.push([" "], [
      fitText(reason, Math.max(0, columns - used - 1), glyphs.ellipsis),
      reasonStyle(status),
    ]);
  }
  // Inside a line that is turned around, other colours would be hard to read; what is old has none.
  if (!isSelected && !isOld) return line;
  const text = fitText(line.map(([piece]) => piece).join(""), columns, glyphs.ellipsis);
  return [[text, isSelected ? "selected" : "dim"]];
}

function sparkWidthOf({ cpuSpark, memorySpark }: ListLayout, spark: "cpu" | "memory" | undefined): number {
  return spark === "cpu" ? cpuSpark : spark === "memory" ? memorySpark : 0;
}

function sparkOf(
  id: string,
  { known, glyphs }: ListLayout,
  what: "cpu" | "memory",
  width: number,
): readonly [string, Style] {
  const series = known.series(id);
  const values = Array.from({ length: width }, (_, index) => {
    const tick = known.tick - width + 1 + index;
    return (what === "cpu" ? series?.cpuAt(tick) : series?.memoryAt(tick)) ?? NaN;
  });
  return sparkPiece(values, what, glyphs);
}
