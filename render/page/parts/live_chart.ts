import uPlot from "uplot";
import { inWords } from "../../plot/axes.ts";
import type { PanelUnit } from "../../plot/panels.ts";
import type { Mark } from "../payload.ts";
import { HEIGHT, plotFrame } from "./chart_frame.ts";
import { drawMarks } from "./chart_marks.ts";
import { ChartTable } from "./chart_table.ts";
import { announce, make, styleOf } from "./dom.ts";
import { drawTimeMarks, marksBetween } from "./time_marks.ts";
import type { TimeMark } from "./time_marks.ts";

const DAY = 86_400;
/** Steps between times on the axis, in seconds. */
const STEPS = [
  10,
  30,
  60,
  120,
  300,
  600,
  1_800,
  3_600,
  7_200,
  14_400,
  28_800,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
];
/** A mark far above what is drawn would flatten it. */
const FARTHEST_MARK = 1.6;

/** What a chart is about. */
export interface LivePanel {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly unit: PanelUnit;
  /** An `average` holds since the sample before, a `level` at its moment. */
  readonly kind: "level" | "average";
  /** Names of its lines, and the style's colours of them. */
  readonly lines: readonly { readonly label: string; readonly color: string }[];
  readonly marks?: readonly Mark[];
  /** Two of the lines, by their numbers, between which there is a band; null: none. */
  readonly band?: readonly [number, number] | null;
}

/** A chart of the last while whose end is now. All charts of a page point at the same moment. */
export class LiveChart {
  readonly element: HTMLElement;
  readonly #box: HTMLElement;
  readonly #outputs: HTMLElement[];
  #plot: uPlot;
  #data: uPlot.AlignedData;
  readonly #table: ChartTable;
  #happened: readonly TimeMark[] = [];
  #to = Date.now() / 1_000;
  #top = 1;

  /** @param seconds that are shown */
  constructor(readonly panel: LivePanel, readonly seconds: number, width: number) {
    this.#outputs = panel.lines.map(() => make("output"));
    const legend = make("div", { class: "legend" });
    panel.lines.forEach(({ label, color }, index) => {
      const swatch = make("i");
      swatch.style.setProperty("--swatch", `var(${color})`);
      legend.append(
        make("span", {}, swatch, panel.lines.length > 1 ? `${label} ` : "", this.#outputs[index]),
      );
    });
    this.#table = new ChartTable(panel.title, panel.lines.map(({ label }) => label), panel.unit);
    this.#box = make("div", {
      class: "plot",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "chart",
      "aria-label": `${panel.title} over time. Arrow keys move from sample to sample.`,
      "aria-details": this.#table.id,
    });
    const title = make("h3", {}, panel.title, " ", make("small", {}, panel.hint));
    const caption = make("figcaption", {}, title, legend);
    const attributes = { class: "chart", "data-panel": panel.id };
    this.element = make("figure", attributes, caption, this.#box, this.#table.element);
    this.#data = [[], ...panel.lines.map(() => [])] as uPlot.AlignedData;
    this.#plot = this.#make(width);
    this.#box.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      this.#step(event.shiftKey ? step * 10 : step);
    });
  }

  /**
   * Show a course up to now.
   * @param times rising, seconds since the epoch
   * @param lines a value for each time; null for a gap, undefined where a line goes on without one
   * @param happened what happened meanwhile
   */
  show(
    times: readonly number[],
    lines: readonly (readonly (number | null | undefined)[])[],
    now: number,
    happened: readonly TimeMark[] = [],
  ): void {
    this.#to = now;
    this.#happened = happened;
    this.#table.show({ times, lines });
    this.#data = [[...times], ...lines.map((line) => [...line])] as uPlot.AlignedData;
    const highest = Math.max(0, ...lines.flat().map((value) => value ?? 0));
    const marks = (this.panel.marks ?? []).map(({ value }) => value).filter((value) =>
      value <= highest * FARTHEST_MARK
    );
    this.#top = Math.max(highest, ...marks) * 1.12 || 1;
    this.#plot.setData(this.#data, true);
    this.#tell();
  }

  /** A value as this chart tells it. */
  words(value: number): string {
    return inWords(value, this.panel.unit);
  }

  /** Fit it to its place, or make it anew in other colours. */
  fit(width: number, isNew = false): void {
    if (!isNew) {
      if (width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
      return;
    }
    this.#plot.destroy();
    this.#plot = this.#make(width);
    this.#plot.setData(this.#data, true);
  }

  destroy(): void {
    this.#plot.destroy();
    this.element.remove();
  }

  #make(width: number): uPlot {
    const { panel } = this;
    const frame = plotFrame(panel, width);
    const [times, values] = frame.axes!;
    const isAlone = panel.lines.length === 1;
    const path = panel.kind === "level" ? uPlot.paths.linear!() : uPlot.paths.stepped!({ align: -1 });
    const plot = new uPlot(
      {
        ...frame,
        axes: [{
          ...times,
          incrs: STEPS,
          space: 70,
          values: (_, ticks, __, ___, step) => ticks.map((at) => step < DAY ? clock(at) : date(at)),
        }, values],
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 }, sync: { key: "live" } },
        scales: {
          x: { time: false, range: () => [this.#to - this.seconds, this.#to] },
          y: { range: () => [0, this.#top] },
        },
        series: [
          {},
          ...panel.lines.map(({ label, color }) => {
            const stroke = styleOf(color);
            const fill = isAlone ? `color-mix(in srgb, ${stroke} 16%, transparent)` : undefined;
            return { label, stroke, width: 1.5, fill, paths: path, points: { show: isSingle, size: 5 } };
          }),
        ],
        bands: panel.band
          ? [{
            series: [panel.band[1] + 1, panel.band[0] + 1],
            fill: `color-mix(in srgb, ${styleOf("--muted")} 22%, transparent)`,
          }]
          : [],
        hooks: {
          setCursor: [() => this.#tell()],
          draw: [(drawn) => {
            drawMarks(drawn, panel.marks ?? [], this.#top);
            drawTimeMarks(drawn, this.#happened);
          }],
        },
      },
      this.#data,
      this.#box,
    );
    for (const canvas of this.#box.querySelectorAll("canvas")) canvas.setAttribute("aria-hidden", "true");
    return plot;
  }

  /** The values where it is pointed at, or the latest. */
  #tell(): void {
    const at = this.#plot?.cursor.idx;
    this.#outputs.forEach((output, index) => {
      const line = this.#data[index + 1];
      // Where two lines have moments of their own, the last of each is not in one place.
      const last = () => [...line].reverse().find((value) => value !== undefined);
      const value = at === null || at === undefined ? last() : line[at];
      output.textContent = value === null || value === undefined ? "–" : inWords(value, this.panel.unit);
    });
  }

  #step(by: number): void {
    const [times] = this.#data;
    if (times.length === 0) return;
    const before = this.#plot.cursor.idx ?? times.length;
    const at = Math.min(times.length - 1, Math.max(0, before + by));
    this.#plot.setCursor({ left: this.#plot.valToPos(times[at], "x"), top: 0 });
    const values = this.panel.lines.map(({ label }, index) => `${label} ${this.#outputs[index].textContent}`);
    const day = this.seconds > DAY ? `${date(times[at])}, ` : "";
    // What has happened since the last sample is told with it.
    const end = at === times.length - 1 ? Infinity : times[at];
    const happened = marksBetween(this.#happened, times[at - 1] ?? -Infinity, end);
    announce(`${day}${clock(times[at])}: ${[...values, ...happened].join(", ")}`);
  }
}

/** A sample alone has no line that shows it. */
function isSingle({ data: [times] }: uPlot): boolean {
  return times.length === 1;
}

function date(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

function clock(seconds: number): string {
  return new Date(seconds * 1_000).toTimeString().slice(0, 8).replace(/:00$/, "");
}
