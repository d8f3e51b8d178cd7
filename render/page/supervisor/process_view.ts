import type { PageEvent, PageHistory } from "../../../core/schema/page_messages.ts";
import { humanBytes, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { EventList } from "../parts/event_list.ts";
import { LiveChart } from "../parts/live_chart.ts";
import { LogView } from "../parts/log_view.ts";
import { uptimeWords } from "../parts/uptime_words.ts";
import { ActionButtons } from "./actions.ts";
import { continued, COURSE_PANELS, isShown, SHOWN_SECONDS } from "./course.ts";
import { detailRows } from "./details.ts";
import { LogFeed } from "./log_feed.ts";
import { describe, processPath, readHistory } from "./server.ts";
import type { Store, StoredRow } from "./store.ts";

const FIGURES = ["CPU", "Memory", "Uptime", "Restarts", "Processes", "Health"];

/** One process: its figures, their course, its log, its events, and all there is to say about it. */
export class ProcessView {
  readonly element = make("div", { class: "process" });
  readonly title: string;
  readonly #badge = make("span", { class: "badge" });
  readonly #why = make("p", { class: "why" });
  readonly #values = new Map<string, HTMLElement>();
  readonly #actions = new ActionButtons(["start", "stop", "restart", "reset", "signal"]);
  readonly #places = make("div", { class: "charts" });
  readonly #charts = new Map<string, LiveChart>();
  readonly #log: LogView;
  readonly #events = new EventList(null);
  readonly #details = make("dl", { class: "details" });
  readonly #definition = make("pre", { tabindex: "0", "aria-label": "Definition" });
  readonly #sizes = new ResizeObserver(() => this.#fit(false));
  readonly #feed: LogFeed;
  #history: PageHistory | undefined;
  #isAsking = false;
  #isClosed = false;

  constructor(readonly store: Store, readonly id: string) {
    this.title = id;
    this.#log = new LogView(`Log of ${id}`);
    this.#feed = new LogFeed(processPath(id, "logs"), this.#log);
    const figures = make("dl", { class: "figures" });
    for (const name of FIGURES) {
      const value = make("dd", {}, "–");
      this.#values.set(name, value);
      figures.append(make("div", {}, make("dt", {}, name), value));
    }
    const heading = make("h1", { tabindex: "-1" }, id);
    const section = (title: string, ...children: Node[]) =>
      make("section", {}, make("h2", {}, title), ...children);
    const summary = make("summary", {}, "Definition");
    this.element.append(
      make("p", { class: "back" }, make("a", { href: "#/" }, "← All processes")),
      make("div", { class: "headline" }, heading, this.#badge, this.#actions.element),
      this.#why,
      figures,
      section("The last ten minutes", this.#places),
      section("Log", this.#log.element),
      section("Events", this.#events.element),
      section("Details", this.#details, make("details", {}, summary, this.#definition)),
    );
    this.#sizes.observe(this.#places);
    this.refresh();
    this.#feed.open();
  }

  /** Show what is known by now. */
  refresh(): void {
    const row = this.store.row(this.id);
    if (row) this.#show(row);
    else this.#why.textContent = "There is no such process (any more).";
    if (row) void this.#draw();
  }

  /** What else is known of it has changed with them. */
  showEvents(): void {
    this.#events.show(this.store.events.filter(({ id }) => id === this.id));
    void this.#describe();
  }

  takeEvent(event: PageEvent): void {
    if (event.id !== this.id) return;
    this.#events.add(event);
    void this.#describe();
  }

  /** The colours have changed. */
  restyle(): void {
    this.#fit(true);
  }

  focusSearch(): void {
    this.#log.focusSearch();
  }

  leave(): void {
    this.#feed.close();
  }

  comeBack(): void {
    this.#feed.open();
  }

  close(): void {
    this.#isClosed = true;
    this.#feed.close();
    this.#sizes.disconnect();
    for (const chart of this.#charts.values()) chart.destroy();
  }

  #show(row: StoredRow): void {
    this.#badge.textContent = row.state;
    this.#badge.className = `badge ${row.state}`;
    this.#why.textContent = [row.reason, row.degraded].filter(Boolean).join("; ");
    const values: Record<string, string> = {
      CPU: humanPercent(row.cpu_percent),
      Memory: humanBytes(row.memory_bytes),
      Uptime: uptimeWords(this.store.uptimeSeconds(row)),
      Restarts: String(row.restarts),
      Processes: String(row.process_count ?? "–"),
      Health: row.health ?? "–",
    };
    for (const [name, text] of Object.entries(values)) this.#values.get(name)!.textContent = text;
    this.#values.get("Health")!.classList.toggle("bad", row.health === "unhealthy");
    this.#actions.show(row);
  }

  /** Ask for what has come since, and draw it. */
  async #draw(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const more = await readHistory(this.id, (this.#history?.times_ms.at(-1) ?? 0) + 1);
      this.#history = this.#history ? continued(this.#history, more, this.store.nowMs) : more;
      if (!this.#isClosed) this.#drawCharts(this.#history);
    } catch {
      // The banner tells where the supervisor does not answer, and the next tick asks again.
    } finally {
      this.#isAsking = false;
    }
  }

  #drawCharts(history: PageHistory): void {
    for (const panel of COURSE_PANELS) {
      if (!this.#charts.has(panel.id) && isShown(panel, history)) {
        const chart = new LiveChart(panel, SHOWN_SECONDS, 300);
        this.#charts.set(panel.id, chart);
        this.#places.append(chart.element);
        chart.fit(widthIn(chart));
      }
    }
    const times = history.times_ms.map((ms) => ms / 1_000);
    for (const { id, columns } of COURSE_PANELS) {
      const lines = columns.map((name) => history.columns[name]);
      this.#charts.get(id)?.show(times, lines, this.store.nowMs / 1_000);
    }
  }

  #fit(isNew: boolean): void {
    for (const chart of this.#charts.values()) chart.fit(widthIn(chart), isNew);
  }

  async #describe(): Promise<void> {
    try {
      const description = await describe(this.id);
      this.#details.replaceChildren(
        ...detailRows(description).map(([name, text]) =>
          make("div", {}, make("dt", {}, name), make("dd", {}, text))
        ),
      );
      this.#definition.textContent = JSON.stringify(description.definition, null, 2);
    } catch (error) {
      this.#definition.textContent = (error as Error).message;
    }
  }
}

/** What is left between the edges of a chart. */
function widthIn({ element }: LiveChart): number {
  return Math.max(100, element.clientWidth - 2);
}
