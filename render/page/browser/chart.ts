import uPlot from "uplot";
import { inWords, timeInWords } from "../../plot/axes.ts";
import { firstAtOrAfter, points, rangeIn } from "../../plot/downsample.ts";
import type { Points } from "../../plot/downsample.ts";
import type { Panel } from "../../plot/panels.ts";
import { clippedTitle } from "../../plot/titles.ts";
import type { Mark } from "../payload.ts";
import { AXIS_WIDTH, HEIGHT, PADDING_RIGHT, plotFrame } from "../parts/chart_frame.ts";
import { drawMarks } from "../parts/chart_marks.ts";
import { announce, make } from "../parts/dom.ts";
import { pressKey } from "./keys.ts";
import type { LabelledLine, PageRun } from "./page_run.ts";
import { letPoint } from "./pointing.ts";
import { drawThinned } from "./thinned_line.ts";
import { logAxis, logScale } from "./log_scale.ts";
import { picture, saveMenu } from "./save.ts";
import { chartCsv } from "./save_csv.ts";
import { drawCut } from "./spike_marks.ts";
import { spikeLimit } from "../../plot/spikes.ts";
import type { View } from "./view.ts";

/** How a chart's values become heights: without its spikes, whole, or as logarithms. */
export type Scaling = "fit" | "whole" | "log";

/** Letters of a run's title in a legend. */
const LONGEST_TITLE = 28;
const MOST_COLUMNS_PER_PIXEL = 2;
/** A mark far above what is drawn would flatten it. */
const FARTHEST_MARK = 1.6;

interface DrawnLine extends LabelledLine {
  readonly run: PageRun;
  readonly name: string;
  readonly color: string;
  readonly dash?: number[];
  readonly output: HTMLElement;
}

/** One chart: a panel of one run, or of several over each other. */
export class Chart {
  readonly element: HTMLElement;
  readonly #lines: DrawnLine[];
  readonly #marks: readonly Mark[];
  readonly #plot: uPlot;
  readonly #cutNote = make("small", { class: "cut-note", hidden: "" });
  /** Whether something stands above the scale. */
  #isCut = false;
  #bottom = 0;
  #top = 1;
  /** What is drawn, by run. */
  #points: Points[] = [];

  /**
   * @param scaleRuns what the vertical scale has room for: charts beside each other share it
   * @param colors of lines in a chart of one run, of runs in a chart of several
   */
  constructor(
    readonly panel: Panel,
    readonly runs: readonly PageRun[],
    readonly scaleRuns: readonly PageRun[],
    readonly view: View,
    colors: readonly string[],
    width: number,
    readonly scaling: Scaling,
  ) {
    const several = runs.length > 1;
    const legend = make("div", { class: "legend" });
    this.#lines = runs.flatMap((run, runIndex) =>
      run.lines(panel).map((line, lineIndex) => {
        const color = colors[(several ? runIndex : lineIndex) % colors.length];
        const output = make("output");
        const name = several ? `${clippedTitle(run.packed.title, LONGEST_TITLE)}, ${line.label}` : line.label;
        const swatch = make("i", { class: several && lineIndex > 0 ? "dashed" : "" });
        swatch.style.setProperty("--swatch", color);
        legend.append(make("span", {}, swatch, `${name} `, output));
        return { ...line, run, name, color, output, dash: several && lineIndex > 0 ? [4, 3] : undefined };
      })
    );
    this.#marks = several ? [] : marksOf(runs[0], panel);
    const box = make("div", {
      class: "plot",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "chart",
      "aria-label": this.#inWords(),
    });
    const title = make("h3", {}, panel.title, " ", make("small", {}, panel.hint), " ", this.#cutNote);
    this.element = make(
      "section",
      { class: "chart", "data-panel": panel.id },
      make("header", {}, title, legend),
      box,
      saveMenu(panel.title, panel.id, { png: () => this.#picture(), csv: () => this.#csv() }),
    );
    this.#plot = new uPlot(this.#options(width), this.#data(width), box);
    for (const canvas of box.querySelectorAll("canvas")) canvas.setAttribute("aria-hidden", "true");
    letPoint(this.#plot.over, view);
    box.addEventListener("keydown", (event) => {
      if (pressKey(event, view, (by) => this.#step(by))) event.preventDefault();
    });
    this.point();
  }

  /** Draw the stretch that the view shows. */
  draw(): void {
    this.#plot.setData(this.#data(this.#plot.width), true);
  }

  /** Show where the view points, and the values there; the highest in sight when it points nowhere. */
  point(): void {
    const { cursor, from, to } = this.view;
    const inSight = cursor !== null && cursor >= from && cursor <= to;
    // The plot takes over a new range only after this, so its own reckoning would be that of before.
    const left = inSight ? ((cursor - from) / (to - from)) * this.#plot.over.clientWidth : -10;
    this.#plot.setCursor({ left, top: inSight ? 0 : -10 }, false);
    for (const line of this.#lines) {
      const value = cursor === null ? line.highest : line.values[this.#sampleAt(line.run.times, cursor)];
      const words = value === undefined || Number.isNaN(value) ? "–" : inWords(value, this.panel.unit);
      line.output.textContent = cursor === null ? `max ${words}` : words;
    }
  }

  get width(): number {
    return this.#plot.width;
  }

  resize(width: number): void {
    this.#plot.setSize({ width, height: HEIGHT });
    this.draw();
  }

  destroy(): void {
    this.#plot.destroy();
    this.element.remove();
  }

  /** The sample that tells about a moment: what is since the sample before is told by the one that follows. */
  #sampleAt(times: Float64Array, time: number): number {
    return this.panel.kind === "level" ? nearest(times, time) : firstAtOrAfter(times, time);
  }

  #inWords(): string {
    const lines = this.#lines.map(({ name, highest }) =>
      `${name} at most ${inWords(highest, this.panel.unit)}`
    );
    const keys = "Arrow keys move from sample to sample, plus and minus zoom, 0 shows all.";
    return `${this.panel.title} over time: ${lines.join("; ")}. ${keys}`;
  }

  #step(by: number): void {
    const { times } = this.runs[0];
    if (times.length === 0) return;
    const { cursor, from, to } = this.view;
    const at = cursor === null
      ? (by > 0 ? firstAtOrAfter(times, from) - 1 : firstAtOrAfter(times, to))
      : nearest(times, cursor);
    const next = Math.min(times.length - 1, Math.max(0, at + by));
    this.view.reveal(times[next]);
    this.view.point(times[next]);
    const values = this.#lines.map(({ name, output }) => `${name} ${output.textContent}`).join(", ");
    announce(`${timeInWords(times[next], this.view.end)}: ${values}`);
  }

  #data(width: number): uPlot.AlignedData {
    const { from, to } = this.view;
    const plotWidth = width - AXIS_WIDTH - PADDING_RIGHT;
    const columns = Math.max(50, Math.round(plotWidth * Math.min(MOST_COLUMNS_PER_PIXEL, devicePixelRatio)));
    this.#points = this.runs.map((run) => points(run.times, run.lines(this.panel), from, to, columns));
    const tables = this.#points.map(({ times, lines, thinned }, index) => {
      const first = this.runs[index].times[0];
      if (this.panel.kind !== "level" && !thinned && times.length > 0 && times[0] === first) {
        beginAtStart(times, lines);
      }
      return [times, ...lines] as uPlot.AlignedData;
    });
    let [lowest, highest] = [0, 0];
    for (const run of this.scaleRuns) {
      for (const line of run.lines(this.panel)) {
        const [least, most] = rangeIn(run.times, line, from, to);
        lowest = Math.min(lowest, least);
        highest = Math.max(highest, most);
      }
    }
    const highestKnown = highest;
    const limit = this.scaling === "fit"
      ? spikeLimit(this.scaleRuns, panelLines(this.panel), from, to)
      : null;
    this.#isCut = limit !== null && limit < highest;
    if (this.#isCut) highest = limit!;
    const marks = this.#marks.length > 0 ? this.scaleRuns.flatMap((run) => marksOf(run, this.panel)) : [];
    const near = marks.map(({ value }) => value).filter((value) => value <= highest * FARTHEST_MARK);
    highest = Math.max(highest, ...near);
    this.#bottom = lowest * 1.12;
    this.#tellCut(highestKnown);
    this.#top = highest > 0 ? highest * 1.12 : lowest < 0 ? 0 : 1;
    if (tables.length === 1) return tables[0];
    // What only another run has a sample for is not a gap.
    return uPlot.join(tables, tables.map((table) => table.map(() => 1)));
  }

  #tellCut(highest: number): void {
    this.#cutNote.hidden = !this.#isCut;
    this.#cutNote.textContent = `spikes up to ${inWords(highest, this.panel.unit)} are cut off`;
  }

  #picture(): HTMLCanvasElement {
    return picture(this.panel.title, this.#lines, this.#plot.ctx.canvas);
  }

  #csv(): string {
    return chartCsv(this.panel, this.runs, this.view.from, this.view.to);
  }

  #options(width: number): uPlot.Options {
    const { panel } = this;
    const frame = plotFrame(panel, width);
    const isLog = this.scaling === "log";
    const highest = Math.max(
      ...this.scaleRuns.flatMap((run) => run.lines(panel)).map((line) => line.highest),
    );
    const filled = this.#lines.length === 1;
    // What holds since the sample before is drawn as a step up to its sample.
    const path = panel.kind === "level" ? uPlot.paths.linear!() : uPlot.paths.stepped!({ align: -1 });
    const paths = (index: number): uPlot.Series.PathBuilder => (...about) =>
      this.#pointsOf(index).thinned ? null : path(...about);
    return {
      ...frame,
      ...(isLog && { axes: [frame.axes![0], logAxis(frame.axes![1], panel.unit, highest)] }),
      scales: {
        x: { time: false, range: () => [this.view.from, this.view.to] },
        y: { ...(isLog && logScale(highest)), range: () => [this.#bottom, this.#top] },
      },
      series: [
        {},
        ...this.#lines.map(({ color, dash, name }, index) => ({
          label: name,
          stroke: color,
          width: 1.5,
          dash,
          fill: filled ? faint(color) : undefined,
          paths: paths(index),
          points: {
            show: false,
            size: 6,
            fill: color,
            filter: (plot: uPlot, series: number) => lonely(plot.data[series]),
          },
        })),
      ],
      hooks: {
        drawSeries: [(plot, series) => this.#drawThinned(plot, series - 1)],
        draw: [
          (plot) => drawMarks(plot, this.#marks, this.#top),
          (plot) => this.#isCut && drawCut(plot, this.#points, this.#top),
        ],
      },
    };
  }

  #pointsOf(line: number): Points {
    return this.#points[this.runs.indexOf(this.#lines[line].run)];
  }

  #drawThinned(plot: uPlot, index: number): void {
    const line = this.#lines[index];
    const { lines, thinned } = this.#pointsOf(index);
    if (!thinned) return;
    const values = lines[line.run.lines(this.panel).findIndex(({ label }) => label === line.label)];
    const alone = this.#lines.length === 1;
    drawThinned(plot, values, {
      color: line.color,
      fill: alone ? faint(line.color) : undefined,
      opacity: alone ? 1 : 0.8,
      stepped: this.panel.kind !== "level",
    });
  }
}

const panelLines = (panel: Panel) => (run: PageRun) => run.lines(panel);

const faint = (color: string) => `color-mix(in srgb, ${color} 16%, transparent)`;

const marksOf = (run: PageRun, panel: Panel) => run.packed.marks.filter((mark) => mark.panel === panel.id);

/** Samples between gaps, which no line leads to; null for none. */
function lonely(values: uPlot.AlignedData[number]): number[] | null {
  const known = Array.from(values.keys()).filter((at) => values[at] !== undefined);
  const isGap = (at: number | undefined) => at === undefined || values[at] === null;
  const alone = known.filter((at, index) => !isGap(at) && isGap(known[index - 1]) && isGap(known[index + 1]));
  return alone.length > 0 ? alone : null;
}

/** What the first sample tells holds since the start of the run. */
function beginAtStart(times: number[], lines: (number | null | undefined)[][]): void {
  times.unshift(0);
  for (const line of lines) line.unshift(line[0]);
}

/** The sample nearest to a moment. */
function nearest(times: Float64Array, time: number): number {
  const after = firstAtOrAfter(times, time);
  if (after === 0) return 0;
  if (after === times.length) return times.length - 1;
  return times[after] - time < time - times[after - 1] ? after : after - 1;
}
