import { make } from "../parts/dom.ts";
import { LiveChart } from "../parts/live_chart.ts";
import type { TimeMark } from "../parts/time_marks.ts";
import { zoneWords } from "../parts/time_words.ts";
import type { FleetPanel } from "./panels.ts";
import { readSeries } from "./server.ts";
import type { Series } from "./server.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How far back charts can go, in seconds, and how that is called. */
const RANGES: readonly (readonly [seconds: number, title: string])[] = [
  [15 * MINUTE, "15 min"],
  [HOUR, "1 h"],
  [6 * HOUR, "6 h"],
  [DAY, "1 day"],
  [7 * DAY, "1 week"],
  [30 * DAY, "30 days"],
  [365 * DAY, "1 year"],
];
const FIRST_RANGE = 1;
/** Charts of a short while are asked for again so often; those of a long one change too little for that. */
const REFRESH_MS = 10_000;
const SLOW_REFRESH_MS = 60_000;
/** So many columns a question may name. */
const MOST_COLUMNS = 20;
/** Points that a chart has room for. */
const POINTS = 400;

/** The charts of one task over a while that can be chosen. */
export class Courses {
  readonly element: HTMLElement;
  readonly #places = make("div", { class: "charts" });
  readonly #note = make("p", { class: "help", role: "status" }, "Asking …");
  readonly #charts = new Map<string, LiveChart>();
  readonly #sizes = new ResizeObserver(() => this.#fit(false));
  #range = RANGES[FIRST_RANGE];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #isClosed = false;

  /** @param happened asks what happened between two moments, ms since 1970: every chart marks it */
  constructor(
    readonly task: number,
    readonly panels: readonly FleetPanel[],
    readonly happened: (from: number, until: number) => Promise<readonly TimeMark[]>,
  ) {
    const ranges = make("div", { class: "ranges", role: "group", "aria-label": "How far back" });
    for (const range of RANGES) {
      const isChosen = String(range === this.#range);
      const button = make("button", { type: "button", "aria-pressed": isChosen }, range[1]);
      button.addEventListener("click", () => {
        for (const other of ranges.children) other.setAttribute("aria-pressed", String(other === button));
        this.#choose(range);
      });
      ranges.append(button);
    }
    this.element = make("div", {}, make("div", { class: "tools" }, ranges), this.#places, this.#note);
    this.#sizes.observe(this.#places);
    void this.#read();
  }

  /** The colours have changed. */
  restyle(): void {
    this.#fit(true);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#sizes.disconnect();
    this.#clear();
  }

  #choose(range: (typeof RANGES)[number]): void {
    this.#range = range;
    this.#note.textContent = "Asking …";
    this.#clear();
    void this.#read();
  }

  #clear(): void {
    for (const chart of this.#charts.values()) chart.destroy();
    this.#charts.clear();
  }

  async #read(): Promise<void> {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    const [seconds] = this.#range;
    const until = Date.now();
    try {
      const from = until - seconds * 1_000;
      const questions = questionsOf(this.panels).map(async (panels) => {
        const columns = [...new Set(panels.flatMap((panel) => panel.columns))];
        return [panels, await readSeries(this.task, columns, from, until, POINTS)] as const;
      });
      const [answers, marks] = await Promise.all([Promise.all(questions), this.happened(from, until)]);
      if (this.#isClosed || asked !== this.#asked) return;
      for (const [panels, series] of answers) this.#draw(panels, series, until, marks);
      const [[, series]] = answers;
      this.#note.replaceChildren(
        series.times.length === 0 ? "Nothing is known of this while." : noteOf(series),
        ...marks.length > 0 ? [legendOf(marks)] : [],
      );
    } catch (error) {
      if (!this.#isClosed) this.#note.textContent = (error as Error).message;
    }
    if (this.#isClosed || asked !== this.#asked) return;
    this.#timer = setTimeout(() => {
      if (!document.hidden) void this.#read();
    }, seconds > DAY ? SLOW_REFRESH_MS : REFRESH_MS);
  }

  #draw(
    panels: readonly FleetPanel[],
    { times, values }: Series,
    until: number,
    marks: readonly TimeMark[],
  ): void {
    const seconds = times.map((time) => time / 1_000);
    const before = this.#charts.size;
    for (const panel of panels) {
      const lines = panel.columns.map((name) => values[name] ?? []);
      const isKnown = lines.some((line) => line.some((value) => value !== null));
      if (!isKnown && !this.#charts.has(panel.id)) continue;
      let chart = this.#charts.get(panel.id);
      if (!chart) {
        const shown = panel.lines.filter((_, n) => lines[n].some((value) => value !== null));
        chart = new LiveChart({ ...panel, lines: shown }, this.#range[0], 300);
        this.#charts.set(panel.id, chart);
        this.#places.append(chart.element);
      }
      const { panel: { lines: shown } } = chart;
      const drawn = panel.lines.flatMap((line, n) => shown.includes(line) ? [lines[n]] : []);
      chart.show(seconds, drawn, until / 1_000, marks);
    }
    // How wide each is, is known when all are there.
    if (this.#charts.size > before) this.#fit(false);
  }

  #fit(isNew: boolean): void {
    for (const chart of this.#charts.values()) chart.fit(widthIn(chart), isNew);
  }
}

/** What the signs of marks mean, of those that are there. */
function legendOf(marks: readonly TimeMark[]): HTMLElement {
  const count = (kind: TimeMark["kind"]) => marks.filter((mark) => mark.kind === kind).length;
  const words = ([["restart", "●", "start of a run"], ["alert", "▼", "alert"]] as const)
    .filter(([kind]) => count(kind) > 0)
    .map(([kind, sign, what]) =>
      make("span", { class: `sign ${kind}` }, ` ${sign} ${what} (${count(kind)})`)
    );
  return make("span", {}, ...words);
}

function noteOf({ step_ms }: Series): string {
  const zone = zoneWords(new Date());
  if (step_ms === null) return `Every sample is shown; times are ${zone}.`;
  const seconds = step_ms / 1_000;
  const words = seconds % HOUR === 0
    ? `${seconds / HOUR} h`
    : seconds % MINUTE === 0
    ? `${seconds / MINUTE} min`
    : `${seconds} s`;
  return `Each point stands for ${words}; times are ${zone}.`;
}

/** What is left between the edges of a chart. */
function widthIn({ element }: LiveChart): number {
  return Math.max(100, element.clientWidth - 2);
}

/** Charts that are asked for together: those of one are never torn apart. */
function questionsOf(panels: readonly FleetPanel[]): FleetPanel[][] {
  const questions: FleetPanel[][] = [];
  let room = 0;
  for (const panel of panels) {
    if (panel.columns.length > room) {
      questions.push([]);
      room = MOST_COLUMNS;
    }
    questions.at(-1)!.push(panel);
    room -= panel.columns.length;
  }
  return questions;
}
