import { inWords } from "../../plot/axes.ts";
import type { PanelUnit } from "../../plot/panels.ts";
import { make } from "./dom.ts";
import { momentWords } from "./time_words.ts";

/** Rows of a page: what is longer is paged through. */
const PAGE_ROWS = 50;
let count = 0;

/** What a chart draws, for its table. */
export interface ChartRows {
  /** Rising, seconds since the epoch. */
  readonly times: readonly number[];
  readonly lines: readonly (readonly (number | null | undefined)[])[];
}

/** The table behind a chart: the same values in words, latest first, a page at a time; made when it is opened. */
export class ChartTable {
  readonly element: HTMLDetailsElement;
  readonly id = `behind-${++count}`;
  readonly #place = make("div", { class: "table", tabindex: "0", role: "region" });
  readonly #where = make("span", { role: "status" });
  readonly #later = make("button", { type: "button" }, "Later");
  readonly #earlier = make("button", { type: "button" }, "Earlier");
  #rows: ChartRows = { times: [], lines: [] };
  #page = 0;

  constructor(readonly title: string, readonly labels: readonly string[], readonly unit: PanelUnit) {
    this.#place.setAttribute("aria-label", `${title} as a table`);
    const pages = make("div", { class: "pages" }, this.#later, this.#where, this.#earlier);
    const summary = make("summary", {}, "Table", make("span", { class: "visually-hidden" }, ` of ${title}`));
    this.element = make("details", { class: "behind", id: this.id }, summary, this.#place, pages);
    this.element.addEventListener("toggle", () => this.#draw());
    this.#later.addEventListener("click", () => this.#turn(-1));
    this.#earlier.addEventListener("click", () => this.#turn(1));
  }

  /** What the chart draws by now. */
  show(rows: ChartRows): void {
    this.#rows = rows;
    this.#draw();
  }

  #turn(by: number): void {
    this.#page += by;
    this.#draw();
  }

  #draw(): void {
    if (!this.element.open) return;
    const { times, lines } = this.#rows;
    const pages = Math.max(1, Math.ceil(times.length / PAGE_ROWS));
    this.#page = Math.min(pages - 1, Math.max(0, this.#page));
    const end = times.length - this.#page * PAGE_ROWS;
    const heads = ["Time", ...this.labels].map((text, n) =>
      make("th", { scope: "col", class: n === 0 ? "" : "number" }, text)
    );
    const rows: HTMLElement[] = [];
    for (let at = end - 1; at >= Math.max(0, end - PAGE_ROWS); at--) {
      const values = lines.map((line) => {
        const value = line[at];
        const words = value === null || value === undefined ? "–" : inWords(value, this.unit);
        return make("td", { class: "number" }, words);
      });
      rows.push(make("tr", {}, make("td", {}, momentWords(times[at] * 1_000)), ...values));
    }
    const head = make("thead", {}, make("tr", {}, ...heads));
    this.#place.replaceChildren(make("table", { class: "facts" }, head, make("tbody", {}, ...rows)));
    this.#where.textContent = `page ${this.#page + 1} of ${pages}`;
    this.#later.disabled = this.#page === 0;
    this.#earlier.disabled = this.#page === pages - 1;
  }
}
