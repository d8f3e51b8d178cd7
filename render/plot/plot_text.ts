import { printable } from "../../core/printable.ts";
import { axisSteps, inWords, LONGEST_LABEL, onAxis, ticksOf, TIME_STEPS, timeOnAxis } from "./axes.ts";
import { BrailleCanvas } from "./braille.ts";
import { points } from "./downsample.ts";
import type { Panel } from "./panels.ts";
import { nameOf } from "./plot_model.ts";
import type { Plot, PlotLine, PlotPanel } from "./plot_model.ts";

const LABEL_WIDTH = LONGEST_LABEL;
const ROWS = 7;
/** ANSI colours of lines: blue, yellow, green, magenta, cyan, red. */
const COLORS = ["34", "33", "32", "35", "36", "31"];

/** How a plot is drawn on a terminal. */
export interface TextOptions {
  readonly columns: number;
  /** Whether ANSI escapes are welcome. */
  readonly color: boolean;
}

/** A plot as text, its lines drawn with the dots of Braille characters. */
export function plotText(plot: Plot, { columns, color }: TextOptions): string {
  const paint: Paint = (code, text) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const width = Math.max(20, columns - LABEL_WIDTH - 2);
  const lines = [paint("1", clipped(printable(plot.title), columns))];
  if (plot.note !== null) lines.push(paint("2", clipped(plot.note, columns)));
  for (const panel of plot.panels) lines.push("", ...panelText(panel, plot.seconds, width, paint));
  return `${lines.join("\n")}\n`;
}

type Paint = (code: string, text: string) => string;

function panelText({ panel, lines, top }: PlotPanel, seconds: number, width: number, paint: Paint): string[] {
  const canvas = new BrailleCanvas(width, ROWS);
  lines.forEach((line) => drawLine(canvas, line, panel.kind !== "level", seconds, top));
  const labels = labelsOf(top, panel.unit);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const label = labels.get(row) ?? "";
    const drawn = canvas.row(row, (owner, text) => paint(codeOf(owner), text));
    return `${paint("2", `${label.padStart(LABEL_WIDTH)} ${label ? "┤" : "│"}`)}${drawn}`.trimEnd();
  });
  return [
    ...heading(panel, lines, LABEL_WIDTH + 2 + width, paint),
    ...rows,
    ...timeAxis(seconds, width, paint),
  ];
}

/** The title and what the lines are, on as many rows as that takes. */
function heading(panel: Panel, lines: readonly PlotLine[], columns: number, paint: Paint): string[] {
  const rows: string[] = [];
  let row = paint("1", panel.title);
  let length = panel.title.length;
  for (const line of lines) {
    const most = `, max ${inWords(line.highest, panel.unit)}`;
    const name = printable(nameOf(line, Math.max(8, columns - most.length - 4))) + most;
    if (length + name.length + 4 > columns) {
      rows.push(row);
      [row, length] = ["", 0];
    }
    row += `  ${paint(codeOf(line.color), "━")} ${name}`;
    length += name.length + 4;
  }
  return [...rows, row];
}

function drawLine(
  canvas: BrailleCanvas,
  line: PlotLine,
  stepped: boolean,
  seconds: number,
  top: number,
): void {
  const [wide, high] = [canvas.columns * 2, canvas.rows * 4];
  const { times, lines, thinned } = points(line.times, [line], 0, seconds, wide);
  const yOf = (value: number) => Math.min(high - 1, Math.round((1 - value / top) * (high - 1)));
  let before: readonly [x: number, y: number] | undefined;
  times.forEach((time, index) => {
    const value = lines[0][index];
    if (value === undefined) return;
    if (value === null) {
      before = undefined;
      return;
    }
    const [x, y] = [Math.min(wide - 1, Math.floor((time / seconds) * wide)), yOf(value)];
    if (!before) canvas.line(stepped && index === 0 ? 0 : x, y, x, y, line.color);
    else if (stepped && !thinned) {
      canvas.line(before[0], before[1], before[0], y, line.color);
      canvas.line(before[0], y, x, y, line.color);
    } else canvas.line(before[0], before[1], x, y, line.color);
    before = [x, y];
  });
}

/** What stands beside the rows: round values, each at the row it falls into. */
function labelsOf(top: number, unit: PlotPanel["panel"]["unit"]): Map<number, string> {
  const labels = new Map<number, string>();
  for (const value of ticksOf(top, axisSteps(unit), 3).at) {
    labels.set(Math.min(ROWS - 1, Math.round((1 - value / top) * (ROWS * 4 - 1)) >> 2), onAxis(value, unit));
  }
  return labels;
}

function timeAxis(seconds: number, width: number, paint: Paint): string[] {
  const { step, at } = ticksOf(seconds, TIME_STEPS, width / 9);
  const axis = new Array(width).fill("─");
  const labels = new Array(LABEL_WIDTH + 2 + width).fill(" ");
  for (const time of at) {
    const column = Math.min(width - 1, Math.floor((time / seconds) * width));
    axis[column] = "┬";
    const label = timeOnAxis(time, step);
    if (column + label.length > width) continue;
    [...label].forEach((letter, index) => labels[LABEL_WIDTH + 2 + column + index] = letter);
  }
  const line = `${" ".repeat(LABEL_WIDTH + 1)}└${axis.join("")}`;
  return [paint("2", line), paint("2", labels.join("").trimEnd())];
}

const codeOf = (color: number) => COLORS[color % COLORS.length];

const clipped = (text: string, columns: number) =>
  text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
