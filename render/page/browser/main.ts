/* The script of the report page: unpacks the runs that stand in it, and draws them. */
import type { Panel } from "../../plot/panels.ts";
import type { PagePayload } from "../payload.ts";
import { Chart } from "./chart.ts";
import type { Scaling } from "./chart.ts";
import { announce, byId, make, styleOf } from "../parts/dom.ts";
import { unpackRuns } from "./page_run.ts";
import type { PageRun } from "./page_run.ts";
import { COLORED_EXECUTABLES, Timeline } from "./timeline.ts";
import { picture, saveMenu } from "./save.ts";
import { processesCsv } from "./save_csv.ts";
import { legendEntries, timelineLegend } from "./timeline_legend.ts";
import { timeInWords } from "../../plot/axes.ts";
import { View } from "./view.ts";

/** Beside each other at first only where a chart gets this much. */
const GOOD_COLUMN = 380;
/** Where a chart would get less, there is no beside. */
const LEAST_COLUMN = 250;

/** Charts are drawn so wide for paper, and fitted to it. */
const PAPER_WIDTH = 900;

/** A drawing in its place. */
interface Drawn {
  readonly cell: HTMLElement;
  readonly drawing: Chart | Timeline;
  inSight: boolean;
  /** The view has changed since it was drawn. */
  stale: boolean;
}

class Page {
  readonly view: View;
  /** What is not in sight need not be drawn before it comes there. */
  readonly #sight = new IntersectionObserver((entries) => entries.forEach((entry) => this.#see(entry)), {
    rootMargin: "120px",
  });
  readonly #charts = byId("charts");
  #drawn: Drawn[] = [];
  #beside: boolean;
  #scaling: Scaling = "fit";

  constructor(readonly runs: readonly PageRun[], readonly panels: readonly Panel[]) {
    this.view = new View(Math.max(1e-3, ...runs.map(({ packed }) => packed.wallSeconds)));
    const width = this.#charts.clientWidth;
    this.#beside = runs.length > 1 && runs.length <= 3 && width / runs.length >= GOOD_COLUMN;
    this.build();
    this.#letControl();
    new ResizeObserver(() => this.resize()).observe(this.#charts);
    // Colours are read when charts are made.
    addEventListener("beforeprint", () => this.#drawn.forEach(drawNow));
    for (const query of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(query).addEventListener("change", () => this.build());
    }
  }

  /** Make every chart anew. */
  build(): void {
    this.view.unwatch();
    this.#sight.disconnect();
    for (const { drawing } of this.#drawn) if (drawing instanceof Chart) drawing.destroy();
    this.#drawn = [];
    this.#charts.replaceChildren();
    const groups = this.#beside ? this.runs.map((run) => [run]) : [this.runs];
    this.#charts.style.setProperty("--columns", String(groups.length));
    if (this.#beside) {
      for (const { packed } of this.runs) this.#charts.append(make("h3", { class: "run" }, packed.title));
    }
    for (const panel of this.panels) {
      if (this.runs.some((run) => run.lines(panel).length > 0)) {
        for (const runs of groups) this.#addChart(panel, runs);
      }
      if (panel.id === "cpu") this.#addTimelines();
    }
    if (this.runs.every(({ times }) => times.length === 0)) {
      this.#charts.append(make("p", { class: "help" }, "No sample was taken."));
    }
    this.view.watch(() => this.#drawRange(), () => this.#drawn.forEach(({ drawing }) => drawing.point()));
    this.#tellRange();
    for (const { drawing } of this.#drawn) if (drawing instanceof Timeline) drawing.draw();
  }

  /** Fit every chart to its place. */
  resize(): void {
    if (this.runs.length > 1) this.#tellLayout();
    if (this.#beside && !this.#hasRoom) {
      this.#beside = false;
      this.build();
      this.#tellLayout();
    }
    for (const { cell, drawing } of this.#drawn) {
      if (innerWidth(cell) !== drawing.width) drawing.resize(innerWidth(cell));
    }
  }

  #addChart(panel: Panel, runs: readonly PageRun[]): void {
    const cell = make("div", { class: "cell" });
    this.#charts.append(cell);
    if (!runs.some((run) => run.lines(panel).length > 0)) return;
    const colors = runs.length > 1
      ? colorsOf("--run")
      : [styleOf(`--line-${panel.id}`) || styleOf("--line-0"), styleOf("--line-1")];
    const chart = new Chart(panel, runs, this.runs, this.view, colors, innerWidth(cell), this.#scaling);
    cell.append(chart.element);
    this.#keep(cell, chart);
  }

  #addTimelines(): void {
    for (const run of this.runs) {
      const cell = make("div", { class: this.#beside ? "cell" : "cell wide" });
      this.#charts.append(cell);
      const { processCount, title } = run.packed;
      const several = this.runs.length > 1 && !this.#beside ? `, ${title}` : "";
      const hint = processCount === 0
        ? "none was seen to end"
        : `${processCount.toLocaleString("en-US")} seen, from start to end`;
      const heading = make("h3", {}, `Processes${several} `, make("small", {}, hint));
      const section = make(
        "section",
        { class: "chart", "data-panel": "timeline" },
        make("header", {}, heading),
      );
      cell.append(section);
      if (processCount === 0) continue;
      const colors = [...colorsOf("--exe"), styleOf("--exe-other")];
      const entries = legendEntries(run, colors);
      section.querySelector("header")!.append(timelineLegend(entries));
      const timeline = new Timeline(run, this.view, colors, innerWidth(cell));
      section.append(
        timeline.element,
        saveMenu(`Processes${several}`, "processes", {
          png: () => picture("Processes", entries, timeline.canvas),
          csv: () => processesCsv(run),
        }),
      );
      this.#keep(cell, timeline);
    }
  }

  #keep(cell: HTMLElement, drawing: Chart | Timeline): void {
    this.#drawn.push({ cell, drawing, inSight: true, stale: false });
    this.#sight.observe(cell);
  }

  #see({ target, isIntersecting }: IntersectionObserverEntry): void {
    const drawn = this.#drawn.find(({ cell }) => cell === target);
    if (!drawn) return;
    drawn.inSight = isIntersecting;
    if (isIntersecting) drawNow(drawn);
  }

  #drawRange(): void {
    for (const drawn of this.#drawn) {
      drawn.stale = true;
      if (drawn.inSight) drawNow(drawn);
    }
    this.#tellRange();
  }

  #tellRange(): void {
    const { from, to, end, whole } = this.view;
    const words = (time: number) => timeInWords(time, this.view.span);
    byId("range").textContent = whole ? `all ${words(end)}` : `${words(from)} to ${words(to)}`;
    byId("window").style.left = `${(100 * from) / end}%`;
    byId("window").style.width = `${(100 * (to - from)) / end}%`;
    for (const button of document.querySelectorAll<HTMLButtonElement>("#toolbar [data-needs-zoom]")) {
      button.disabled = whole;
    }
  }

  #letControl(): void {
    const actions: Record<string, () => void> = {
      "zoom-in": () => this.view.zoom(0.5),
      "zoom-out": () => this.view.zoom(2),
      "back": () => this.view.pan(-0.5),
      "forward": () => this.view.pan(0.5),
      "all": () => this.view.reset(),
      "layout": () => {
        this.#beside = !this.#beside;
        this.build();
        this.#tellLayout();
      },
    };
    byId("toolbar").addEventListener("click", (event) => {
      const button = (event.target as HTMLElement).closest("button");
      if (!button) return;
      actions[button.dataset.action!]?.();
      this.view.drawNow();
      announce(byId("range").textContent!);
    });
    const scale = byId("scale") as HTMLSelectElement;
    scale.value = this.#scaling;
    scale.addEventListener("change", () => {
      this.#scaling = scale.value as Scaling;
      this.build();
    });
    if (this.runs.length > 1) this.#tellLayout();
  }

  get #hasRoom(): boolean {
    return this.#charts.clientWidth / this.runs.length >= LEAST_COLUMN;
  }

  #tellLayout(): void {
    const button = document.querySelector<HTMLButtonElement>("#toolbar [data-action=layout]")!;
    button.hidden = !this.#hasRoom;
    button.textContent = this.#beside ? "Over each other" : "Side by side";
  }
}

/** What is left between the edges of a chart; on paper what can still be read there. */
function innerWidth(cell: HTMLElement): number {
  const width = cell.clientWidth - 2;
  return matchMedia("print").matches ? Math.min(PAPER_WIDTH, width) : width;
}

function drawNow(drawn: Drawn): void {
  if (!drawn.stale) return;
  drawn.stale = false;
  drawn.drawing.draw();
  drawn.drawing.point();
}

function colorsOf(name: string): string[] {
  return Array.from({ length: COLORED_EXECUTABLES }, (_, index) => styleOf(`${name}-${index}`)).filter(
    Boolean,
  );
}

const payload: PagePayload = JSON.parse(byId("payload").textContent!);
unpackRuns(payload).then((runs) => {
  new Page(runs, payload.panels);
  document.documentElement.dataset.ready = "true";
}).catch((error: unknown) => {
  byId("charts").textContent = `The charts cannot be drawn: ${String(error)}`;
  throw error;
});
