import { humanBytes, humanNumber, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { momentWords } from "../parts/time_words.ts";
import { hostLink, numberLink, targetLink } from "./links.ts";
import type { FleetStore } from "./fleet_store.ts";
import { readTop } from "./server.ts";
import type { Top } from "./server.ts";
import { failIn, nothing, tablePlace } from "./table.ts";
import { cpuTimeWords } from "./task_list.ts";

/** What can be asked for. */
interface Measured {
  readonly column: string;
  readonly measure: "increase" | "average" | "peak";
  readonly title: string;
  readonly words: (value: number) => string;
}

const MEASURES: readonly Measured[] = [
  { column: "cpu_seconds", measure: "increase", title: "CPU time used", words: cpuTimeWords },
  { column: "memory_bytes", measure: "average", title: "Memory on average", words: humanBytes },
  { column: "memory_bytes", measure: "peak", title: "Memory at its peak", words: humanBytes },
  { column: "disk_write_bytes", measure: "increase", title: "Written to storage", words: humanBytes },
  { column: "disk_read_bytes", measure: "increase", title: "Read from storage", words: humanBytes },
  { column: "network_rx_bytes", measure: "increase", title: "Received", words: humanBytes },
  { column: "network_tx_bytes", measure: "increase", title: "Sent", words: humanBytes },
  { column: "cpu_percent", measure: "peak", title: "CPU at its peak", words: humanPercent },
  { column: "process_count", measure: "peak", title: "Processes at most", words: humanNumber },
];
const BY = [["task", "tasks"], ["target", "targets"], ["host", "hosts"], ["unit", "units"]] as const;
const PERIODS: readonly (readonly [hours: number, title: string])[] = [
  [1, "last hour"],
  [24, "last day"],
  [7 * 24, "last week"],
  [30 * 24, "last 30 days"],
  [365 * 24, "last year"],
];
const LIMIT = 50;

/** Who used most over a period. */
export class TopView {
  readonly element: HTMLElement;
  readonly title = "Top";
  readonly #table = tablePlace("Who used most");
  readonly #note = make("p", { class: "help", role: "status" });
  readonly #selects: readonly HTMLSelectElement[];
  #asked = 0;

  constructor(readonly store: FleetStore) {
    const select = (label: string, titles: readonly string[], chosen = 0) => {
      const element = make("select", { "aria-label": label });
      titles.forEach((title, n) => element.append(make("option", { value: String(n) }, title)));
      element.value = String(chosen);
      element.addEventListener("change", () => void this.#read());
      return element;
    };
    this.#selects = [
      select("Which figure", MEASURES.map(({ title }) => title)),
      select("By what", BY.map(([, title]) => title)),
      select("Which period", PERIODS.map(([, title]) => title), 1),
    ];
    const heading = make("h1", { tabindex: "-1" }, "Top");
    const tools = make("div", { class: "tools" }, ...this.#selects);
    this.element = make("div", { class: "overview" }, heading, tools, this.#table, this.#note);
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {}

  focusSearch(): void {
    this.#selects[0].focus();
  }

  close(): void {
    this.#asked = -1;
  }

  async #read(): Promise<void> {
    const asked = ++this.#asked;
    const [measured, [by], [hours]] = [MEASURES, BY, PERIODS].map((all, n) =>
      all[Number(this.#selects[n].value)]
    ) as [
      Measured,
      (typeof BY)[number],
      (typeof PERIODS)[number],
    ];
    const until = Date.now();
    this.#note.textContent = "Asking …";
    try {
      const { column, measure } = measured;
      const top = await readTop({
        column,
        measure,
        by,
        from: until - hours * 3_600_000,
        until,
        limit: LIMIT,
      });
      if (asked === this.#asked) this.#show(top, measured, by);
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#note.textContent = failIn(this.#table, error) ? "" : (error as Error).message;
    }
  }

  #show(top: Top, { words, title }: Measured, by: string): void {
    const most = Math.max(...top.values, 0) || 1;
    const rows = top.names.map((name, n) => {
      const share = make("span", { class: "share", "aria-hidden": "true" });
      share.style.width = `${(top.values[n] / most) * 100}%`;
      const count = top.counts[n];
      const cells = [
        make("td", { class: "number rank" }, String(n + 1)),
        make("td", { class: "name" }, this.#named(top, n, by)),
        make(
          "td",
          { class: "name" },
          by === "task" ? top.hosts[n] ?? "" : `${count} ${count === 1 ? "task" : "tasks"}`,
        ),
        make("td", { class: "number" }, words(top.values[n])),
        make("td", { class: "bar" }, share),
      ];
      return make("tr", { "data-name": name }, ...cells);
    });
    const heads = ["#", "Name", by === "task" ? "Host" : "Of", title].map((text, n) =>
      make("th", { scope: "col", class: ["number rank", "", "", "number"][n] }, text)
    );
    const head = make("tr", {}, ...heads, make("td", { class: "bar" }));
    const table = make("table", { class: "facts" }, make("thead", {}, head), make("tbody", {}, ...rows));
    this.#table.replaceChildren(
      rows.length > 0 ? table : nothing("Nothing is known of it in this period."),
    );
    const all = top.total === null ? "" : `: ${words(top.total)} in all, by ${top.found} ${by}s`;
    this.#note.textContent = rows.length === 0
      ? ""
      : `From ${momentWords(top.from)} to ${momentWords(top.until)}${all}.`;
  }

  /** A name, and where it leads. */
  #named({ names, ids }: Top, n: number, by: string): Node | string {
    const host = by === "host" && ids[n] !== null ? this.store.host(ids[n]!) : undefined;
    if (host) return make("a", { href: hostLink(host) }, names[n]);
    if (by === "target") return make("a", { href: targetLink(names[n]) }, names[n]);
    return by === "task" && ids[n] !== null ? make("a", { href: numberLink(ids[n]!) }, names[n]) : names[n];
  }
}
