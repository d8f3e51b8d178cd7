import { outcome } from "../text/report.ts";
import { quantityWord } from "../words/quantity_words.ts";
import { humanBytes, humanSeconds } from "../words/units.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import { axisSteps, inWords, onAxis, ticksOf } from "./axes.ts";
import { points } from "./downsample.ts";
import { Html, markup } from "../page/html.ts";
import { barsOf, executablesOf, wallSecondsOf } from "../page/pack_run.ts";
import { nameOf } from "./plot_model.ts";
import type { Panel } from "./panels.ts";
import type { Plot, PlotLine, PlotPanel } from "./plot_model.ts";
import { GAP, HEADING_HEIGHT, MARGIN, round, TICKS_HEIGHT, timeTicks } from "./plot_frame.ts";
import type { Frame } from "./plot_frame.ts";
import { timelinePart } from "./plot_timeline.ts";
import { THEMES } from "./plot_theme.ts";
import type { Theme, ThemeName } from "./plot_theme.ts";

const AXIS_WIDTH = 62;
const PANEL_HEIGHT = 120;
const PANEL_GAP = 14;
/** More runs have no room for their names above a panel. */
const MOST_NAMED = 4;

/** How a plot is drawn. */
export interface SvgOptions {
  /** In pixels; the height follows from what is shown. */
  readonly width: number;
  readonly theme: ThemeName;
}

/** A plot as an SVG picture that needs nothing beside it. */
export function plotSvg(plot: Plot, { width, theme: name }: SvgOptions): string {
  const theme = THEMES[name];
  const frame: Frame = {
    theme,
    left: MARGIN + AXIS_WIDTH,
    width: width - 2 * MARGIN - AXIS_WIDTH,
    seconds: plot.seconds,
  };
  const parts: Html[] = [heading(plot, theme)];
  let y = MARGIN + 46;
  for (const panel of plot.panels) {
    parts.push(panelPart(panel, frame, y));
    y += HEADING_HEIGHT + PANEL_HEIGHT + TICKS_HEIGHT + PANEL_GAP;
  }
  if (plot.timeline) {
    const executables = executablesOf(plot.runs.flatMap(barsOf));
    for (const [index, run] of plot.runs.entries()) {
      const title = plot.runs.length > 1 ? `Processes of ${plot.titles[index]}` : "Processes";
      const { part, height } = timelinePart(run, executables, title, frame, y);
      parts.push(part);
      y += height + PANEL_GAP;
    }
  }
  const height = Math.round(y - PANEL_GAP + MARGIN);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" font-size="11" font-weight="500">
<title>${plot.title}: ${plot.panels.map(({ panel }) => panel.title).join(", ")} over time</title>
<rect width="${width}" height="${height}" fill="${theme.page}"/>
${parts}</svg>
`.text;
}

function heading({ title, titles, runs, note, seconds }: Plot, theme: Theme): Html {
  const count = `${runs.length} runs`;
  const several = [title === count ? "" : count, `up to ${humanSeconds(seconds)}`, note].filter(Boolean);
  const facts = titles.length === 1 ? factsOf(runs[0]) : several.join(" · ");
  return markup`<text x="${MARGIN}" y="${MARGIN + 12}" font-size="16" fill="${theme.text}">${
    shortened(title, 80)
  }</text>
<text x="${MARGIN}" y="${MARGIN + 30}" font-size="12" fill="${theme.muted}">${facts}</text>
`;
}

function factsOf(run: RecordedRun): string {
  const { summary } = run;
  if (!summary) return `${humanSeconds(wallSecondsOf(run))}, cut off`;
  const cpu = typeof summary.cpu_seconds === "number"
    ? `${quantityWord("cpu_seconds")} ${humanSeconds(summary.cpu_seconds)}`
    : "";
  const memory = typeof summary.peak_memory_bytes === "number"
    ? `${quantityWord("peak_memory_bytes")} ${humanBytes(summary.peak_memory_bytes)}`
    : "";
  return [
    `${quantityWord("wall_seconds")} ${humanSeconds(summary.wall_seconds)}`,
    cpu,
    memory,
    outcome(summary),
  ].filter(Boolean).join(" · ");
}

function panelPart({ panel, lines, marks, top }: PlotPanel, frame: Frame, y: number): Html {
  const { theme, left, width } = frame;
  const plotTop = y + HEADING_HEIGHT;
  const bottom = plotTop + PANEL_HEIGHT;
  const yOf = (value: number) => bottom - (value / top) * PANEL_HEIGHT;
  const { at } = ticksOf(top, axisSteps(panel.unit), 4);
  const grid = at.map((value) => {
    const line = round(yOf(value));
    return markup`<path d="M${left} ${line}h${width}" stroke="${theme.grid}"/><text x="${left - 8}" y="${
      line + 4
    }" text-anchor="end" fill="${theme.muted}">${onAxis(value, panel.unit)}</text>
`;
  });
  const drawn = lines.map((line) =>
    linePart(line, panel.kind !== "level", lines.length === 1, frame, yOf, bottom)
  );
  const bounds = marks.map(({ value, label }) => {
    const line = round(yOf(value));
    const at = line - plotTop > 16 ? line - 4 : line + 13;
    return markup`<path d="M${left} ${line}h${width}" stroke="${theme.muted}" stroke-dasharray="4 4"/><text x="${
      left + width - 4
    }" y="${at}" text-anchor="end" fill="${theme.muted}" stroke="${theme.page}" stroke-width="3" paint-order="stroke">${label}</text>
`;
  });
  return markup`<g>
<text x="${MARGIN}" y="${
    y + 14
  }" font-size="12.5" font-weight="600" fill="${theme.text}">${panel.title}</text>
${legend({ panel, lines, marks, top }, frame, y + 14)}${grid}${
    timeTicks(frame, plotTop, bottom)
  }${drawn}${bounds}</g>
`;
}

function summedUp(lines: readonly PlotLine[], { unit }: Panel): Html {
  const highest = lines.reduce((most, line) => Math.max(most, line.highest), 0);
  return markup`${lines.length} runs, max ${inWords(highest, unit)}`;
}

/** One text, so that whoever draws it sets the words beside each other by the letters of its own font. */
function legend({ lines, panel }: PlotPanel, { theme, left, width }: Frame, y: number): Html {
  const solid = lines.filter(({ dashed }) => !dashed);
  const entries = solid.length > MOST_NAMED ? [summedUp(solid, panel)] : solid.map((line, index) => {
    const name = lines.length === 1 ? "" : `${nameOf(line, Math.floor(80 / solid.length))}, `;
    const color = theme.lines[line.color % theme.lines.length];
    return markup`${index > 0 ? GAP : ""}<tspan fill="${color}">●</tspan> ${name}max ${
      inWords(line.highest, panel.unit)
    }`;
  });
  const dashed = lines.find((line) => line.dashed);
  const rest = dashed ? markup`${GAP}dashed: ${dashed.label}` : "";
  return markup`<text x="${
    left + width
  }" y="${y}" text-anchor="end" fill="${theme.muted}">${entries}${rest}</text>
`;
}

function linePart(
  line: PlotLine,
  stepped: boolean,
  filled: boolean,
  { theme, left, width, seconds }: Frame,
  yOf: (value: number) => number,
  bottom: number,
): Html {
  const drawn = points(line.times, [line], 0, seconds, Math.round(width));
  const pieces = pathOf(drawn.times, drawn.lines[0], (time) => left + (time / seconds) * width, yOf, {
    stepped: stepped && !drawn.thinned,
    begin: stepped ? left : undefined,
  });
  const color = theme.lines[line.color % theme.lines.length];
  const dash = line.dashed ? new Html(' stroke-dasharray="4 3"') : "";
  const path = pieces.map(({ path }) => path).join("");
  // A sample without neighbours is a line without a length: only its round end is seen.
  const lone = pieces.filter(({ from, to }) => from === to).map(({ path }) => `${path}h0`).join("");
  const dots = lone === ""
    ? ""
    : markup`<path d="${lone}" fill="none" stroke="${color}" stroke-width="5" stroke-linecap="round"/>\n`;
  const area = pieces.map(({ path, from, to }) => `${path}L${to} ${bottom}H${from}Z`).join("");
  const fill = filled ? markup`<path d="${area}" fill="${color}" fill-opacity="0.15"/>` : "";
  return markup`${fill}<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linejoin="round"${dash}/>
${dots}`;
}

/** A piece of a line between gaps. */
interface Piece {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

function pathOf(
  times: readonly number[],
  values: readonly (number | null | undefined)[],
  xOf: (time: number) => number,
  yOf: (value: number) => number,
  { stepped, begin }: { readonly stepped: boolean; readonly begin: number | undefined },
): Piece[] {
  const pieces: Piece[] = [];
  let path = "";
  let [from, lastX, lastY] = [0, 0, 0];
  const end = () => {
    if (path !== "") pieces.push({ path, from, to: lastX });
    path = "";
  };
  times.forEach((time, index) => {
    const value = values[index];
    if (value === undefined) return;
    if (value === null) return end();
    const [x, y] = [round(xOf(time)), round(yOf(value))];
    if (path === "") {
      from = index === 0 && begin !== undefined ? begin : x;
      path = from === x ? `M${x} ${y}` : `M${from} ${y}H${x}`;
    } else if (x === lastX && y === lastY) {
      return;
    } else {
      path += stepped ? `V${y}H${x}` : `L${x} ${y}`;
    }
    [lastX, lastY] = [x, y];
  });
  end();
  return pieces;
}

const shortened = (text: string, length: number) =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
