import type { ProcessDetails } from "../../host/process_table.ts";
import { columnChart } from "../../render/screen/bars.ts";
import { shortPercent } from "../../render/screen/figures.ts";
import { cutLine } from "../../render/screen/fit_line.ts";
import { fitText, textRows, widthOf } from "../../render/screen/fit_text.ts";
import { cpuScale } from "../../render/screen/sparkline.ts";
import type { Glyphs } from "../../render/screen/sparkline.ts";
import type { Line, Size, Style } from "../../render/screen/style.ts";
import { counted, humanBytes, humanCount, shortTime } from "../../render/words/units.ts";
import type { Lane } from "../screen/series.ts";
import { cpuTime, pastOf, rowLine, tableHead } from "./row_view.ts";
import type { Layout } from "./row_view.ts";
import type { Heading, Row } from "./rows.ts";
import type { Track } from "./history.ts";
import type { TopState } from "./state.ts";

/** What the details of a row are drawn from. */
export interface DetailScene {
  readonly state: TopState;
  readonly layout: Layout;
  readonly size: Size;
  /** null when it is gone, or a moment of the past is shown. */
  readonly details: ProcessDetails | null;
  readonly timeMs: number;
}

const LABEL_WIDTH = 13;
/** Air above what is highest. */
const HEADROOM = 4 / 3;
/** Lines from which one is left empty below the charts. */
const ROOMY = 22;
const MOST_COMMAND_ROWS = 4;
/** Beside each other are two charts, with so much between them. */
const GAP = 2;
const LEAST_CHART = 30;

/** All there is to tell of one row, in so many lines at most. */
export function detailLines(row: Row, scene: DetailScene, height: number): Line[] {
  const charts = chartLines(row, scene, height);
  const rest = row.kind === "heading" ? groupLines(row, scene) : processLines(row, scene);
  const gap: Line[] = height >= ROOMY ? [[]] : [];
  return [titleLine(row, scene), ...charts, ...gap, ...rest].slice(0, height);
}

function titleLine(row: Row, { layout: { glyphs }, size: { columns } }: DetailScene): Line {
  const title = row.kind === "heading"
    ? `${row.title}${glyphs.separator}${counted(row.members.length, "process", "processes")}`
    : `${row.process.name} (${row.process.pid})`;
  const shown = fitText(
    glyphs.shown(title),
    Math.min(columns - 4, widthOf(glyphs.shown(title))),
    glyphs.ellipsis,
  );
  const left = Math.max(0, columns - widthOf(shown) - 4);
  return [[`${glyphs.rule.repeat(2)} `, "dim"], [shown, "group"], [` ${glyphs.rule.repeat(left)}`, "dim"]];
}

interface Chart {
  readonly name: string;
  readonly values: readonly number[];
  readonly words: (value: number) => string;
  readonly high: number;
}

function chartLines(row: Row, scene: DetailScene, height: number): Line[] {
  const { size: { columns }, layout } = scene;
  const perLine = columns >= 2 * LEAST_CHART + GAP ? 2 : 1;
  const width = Math.floor((columns - (perLine - 1) * GAP) / perLine);
  const past = (lane: Lane) => pastOf(row, layout, width, lane);
  const highest = (values: readonly number[]) => values.reduce((a, b) => b > a ? b : a, 0);
  const percent = (value: number) => `${shortPercent(value) || "0.0"}%`;
  const rate = (value: number) => `${humanBytes(Math.round(value))}/s`;
  const of = (name: string, lane: Lane, words: (value: number) => string): Chart => {
    const values = past(lane);
    return { name, values, words, high: lane === "cpu" ? cpuScale(values)[1] : highest(values) * HEADROOM };
  };
  const charts = [
    of("CPU", "cpu", percent),
    of("memory", "memory", (value) => humanBytes(Math.round(value))),
    of("read", "read", rate),
    of("written", "write", rate),
    ...(layout.state.showsNetwork ? [of("received", "rx", rate), of("sent", "tx", rate)] : []),
  ];
  const lines: Line[] = [];
  for (let at = 0; at < charts.length; at += perLine) {
    const part = charts.slice(at, at + perLine);
    // The first ones are what is looked at most.
    const rows = Math.max(1, Math.min(at === 0 ? 6 : 3, Math.floor(height / (at === 0 ? 5 : 10))));
    const drawn = part.map(({ values, high }) => columnChart(values, rows, high, layout.glyphs));
    lines.push(beside(part.map((chart) => captionOf(chart, width, layout.glyphs))));
    for (let line = 0; line < rows; line++) {
      lines.push(beside(drawn.map((chart) => [[chart[line], "spark"]])));
    }
  }
  return lines;
}

function beside(parts: readonly Line[]): Line {
  return parts.flatMap((part, index) => index === 0 ? [...part] : [[" ".repeat(GAP)] as const, ...part]);
}

function captionOf({ name, values, words }: Chart, width: number, glyphs: Glyphs): Line {
  const now = values.at(-1) ?? NaN;
  const known = values.filter((value) => !Number.isNaN(value));
  const figure = Number.isNaN(now) ? glyphs.missing : words(now);
  const most = known.length === 0 ? "" : `at most ${words(Math.max(...known))}`;
  return cutLine([[`${name} `, "dim"], [figure, "strong"], [`  ${most}`, "dim"]], width, glyphs.ellipsis);
}

function fact(label: string, text: string, scene: DetailScene, style?: Style): Line {
  const { layout: { glyphs }, size: { columns } } = scene;
  const room = Math.max(0, columns - LABEL_WIDTH);
  return [
    [fitText(label, Math.min(columns, LABEL_WIDTH), ""), "dim"],
    [fitText(glyphs.shown(text), room, glyphs.ellipsis), style],
  ];
}

const STATES: Readonly<Record<string, string>> = {
  R: "running",
  S: "sleeping",
  D: "waiting for a device",
  T: "stopped",
  t: "stopped by a debugger",
  Z: "ended, not waited for",
  I: "idle",
};

function processLines({ process, group }: Track, scene: DetailScene): Line[] {
  const { details, layout: { glyphs }, size: { columns }, timeMs } = scene;
  const dot = glyphs.separator;
  const bytes = (value: number) => Number.isNaN(value) ? glyphs.missing : humanBytes(Math.round(value));
  const command = textRows(glyphs.shown(process.command), Math.max(1, columns - LABEL_WIDTH));
  const since = shortTime(Math.max(0, (timeMs - process.startTimeMs) / 1_000));
  const lines = command.slice(0, MOST_COMMAND_ROWS).map((text, at) =>
    fact(at === 0 ? "command" : "", text, scene)
  );
  lines.push(
    fact("state", `${STATES[process.state] ?? process.state}${dot}started ${since} ago`, scene),
    fact(
      "who",
      `user ${process.userName ?? "?"}${dot}parent ${process.parentPid}${
        process.supervisedId === null ? "" : `${dot}supervised as ${process.supervisedId}`
      }${group === null ? "" : `${dot}group ${group}`}`,
      scene,
    ),
    fact("CPU time", cpuTime(process.cpuSeconds), scene),
  );
  if (details === null) return lines;
  const { voluntarySwitches, involuntarySwitches, threads } = details;
  lines.push(
    fact(
      "memory",
      `${bytes(process.memoryBytes)}${dot}at its peak ${
        bytes(details.peakMemoryBytes)
      }${dot}shared pages divided (PSS) ${bytes(details.pssBytes)}`,
      scene,
    ),
    fact(
      "storage",
      `read ${bytes(details.diskReadBytes)}${dot}written ${bytes(details.diskWriteBytes)} in all`,
      scene,
    ),
    fact(
      "switches",
      Number.isNaN(voluntarySwitches)
        ? glyphs.missing
        : `${humanCount(voluntarySwitches)} voluntary${dot}${humanCount(involuntarySwitches)} not`,
      scene,
    ),
    fact("descriptors", humanCount(details.fileDescriptorCount), scene),
  );
  const sorted = threads.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds || a.threadId - b.threadId);
  sorted.forEach(({ threadId, name, cpuSeconds }, at) =>
    lines.push(
      fact(
        at === 0 ? "threads" : "",
        `${String(threadId).padStart(7)} ${cpuTime(cpuSeconds).padStart(9)} ${name}`,
        scene,
      ),
    )
  );
  return lines;
}

function groupLines({ members, title }: Heading, { layout, state }: DetailScene): Line[] {
  const sorted = members.toSorted((a, b) => cpuOf(b) - cpuOf(a) || a.process.pid - b.process.pid);
  const flat: Layout = { ...layout, state: { ...state, view: "flat" } };
  const { group } = members[0];
  const { glyphs } = layout;
  return [
    ...(group === null || group === title
      ? []
      : [[[fitText(`group ${glyphs.shown(group)}`, layout.columns, glyphs.ellipsis), "dim"]] as Line]),
    tableHead(flat, { ...state, sort: "cpu", isReversed: false }),
    ...sorted.map((track) => rowLine(track, flat, false)),
  ];
}

function cpuOf({ place: { cpuPercent } }: Track): number {
  return Number.isNaN(cpuPercent) ? -1 : cpuPercent;
}
