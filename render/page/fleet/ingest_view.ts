import { humanBytes, humanCount, humanNumber } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { LiveChart } from "../parts/live_chart.ts";
import { uptimeWords } from "../parts/uptime_words.ts";
import type { FleetStore } from "./fleet_store.ts";
import { readIngest, readStore } from "./ingest_api.ts";
import type { UnitIngest } from "./ingest_api.ts";
import { hostLink } from "./links.ts";
import { silenceWords } from "./silence_words.ts";
import { storeTable } from "./store_table.ts";
import { nothing, tableOf, tablePlace } from "./table.ts";

const REFRESH_MS = 5_000;
/** What the store takes changes slowly. */
const STORE_EVERY = 12;
const [SECONDS, MOST_POINTS] = [900, 200];
const MOST_REFUSED = 200;
const FIGURES = ["Messages", "Samples", "Behind", "Refused"];

/** How messages are taken in: rates, how far behind, what is refused and whose, and what the store will come to. */
export class IngestView {
  readonly element: HTMLElement;
  readonly title = "Ingest";
  readonly #values = new Map<string, HTMLElement>();
  readonly #units = tablePlace("Channels");
  readonly #refused = tablePlace("Refused messages");
  readonly #store = tablePlace("Store");
  readonly #note = make("p", { class: "help", role: "status" });
  readonly #chart = new LiveChart(
    {
      ...{ id: "rate", title: "Taken in", hint: "a second, since this page was opened", kind: "level" },
      unit: "number_per_second",
      lines: [{ label: "samples", color: "--line-0" }, { label: "messages", color: "--line-1" }],
    },
    SECONDS,
    300,
  );
  readonly #sizes = new ResizeObserver(() => this.#fit(false));
  readonly #times: number[] = [];
  readonly #rates: [number[], number[]] = [[], []];
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(readonly store: FleetStore) {
    const figures = make("dl", { class: "figures" });
    for (const name of FIGURES) {
      const value = make("dd", {}, "–");
      this.#values.set(name, value);
      figures.append(make("div", {}, make("dt", {}, name), value));
    }
    const section = (title: string, ...children: Node[]) =>
      make("section", {}, make("h2", {}, title), ...children);
    const chart = make("div", { class: "charts one" }, this.#chart.element);
    this.element = make(
      "div",
      { class: "overview" },
      make("h1", { tabindex: "-1" }, "Ingest"),
      figures,
      this.#note,
      section("Channels", this.#units),
      make("section", {}, chart),
      section("Refused messages", this.#refused),
      section("Store", this.#store),
    );
    this.#sizes.observe(chart);
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {
    this.#fit(true);
  }

  focusSearch(): void {
    this.#units.focus();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#sizes.disconnect();
    this.#chart.destroy();
  }

  async #read(): Promise<void> {
    try {
      if (!document.hidden) {
        const units = await readIngest();
        if (this.#isClosed) return;
        this.#show(units);
        if (this.#turn++ % STORE_EVERY === 0) await this.#readStore();
        this.#note.textContent = "";
      }
    } catch (error) {
      this.#note.textContent = (error as Error).message;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#read(), REFRESH_MS);
  }

  async #readStore(): Promise<void> {
    try {
      this.#store.replaceChildren(...storeTable(await readStore(), this.#firstSeen(), Date.now()));
    } catch (error) {
      // Who may look at some domains only is told so here, and sees the rest.
      this.#store.replaceChildren(nothing((error as Error).message));
    }
  }

  /** When the first host was heard of, ms since 1970; NaN: none was. */
  #firstSeen(): number {
    return this.store.hosts.reduce((first, { first_seen }) => {
      const at = Date.parse(first_seen);
      return at < first || Number.isNaN(first) ? at : first;
    }, NaN);
  }

  #show(units: readonly UnitIngest[]): void {
    const sum = (of: (unit: UnitIngest) => number) => units.reduce((all, unit) => all + of(unit), 0);
    const samples = sum((unit) => unit.samples_per_second);
    const messages = sum((unit) => unit.messages_per_second);
    const lags = units.flatMap(({ lag_seconds }) => lag_seconds === null ? [] : [lag_seconds]);
    const texts: Record<string, string> = {
      Messages: `${rateWords(messages)}/s`,
      Samples: `${rateWords(samples)}/s`,
      Behind: lags.length === 0 ? "–" : lagWords(Math.max(...lags)),
      Refused: humanCount(sum((unit) => unit.refused.reduce((all, { count }) => all + count, 0))),
    };
    for (const [name, text] of Object.entries(texts)) this.#values.get(name)!.textContent = text;
    this.#times.push(Date.now() / 1_000);
    this.#rates[0].push(samples);
    this.#rates[1].push(messages);
    if (this.#times.length > MOST_POINTS) [this.#times, ...this.#rates].forEach((all) => all.shift());
    this.#chart.show(this.#times, this.#rates, Date.now() / 1_000);
    this.#fit(false);
    this.#units.replaceChildren(units.length === 0 ? nothing("Nothing is taken in yet.") : unitTable(units));
    this.#showRefused(units);
  }

  #showRefused(units: readonly UnitIngest[]): void {
    const all = units.flatMap(({ unit, refused }) => refused.map((one) => ({ ...one, unit })))
      .sort((a, b) => b.last_at - a.last_at);
    if (all.length === 0) return this.#refused.replaceChildren(nothing("No message was refused."));
    const rows = all.slice(0, MOST_REFUSED).map(({ unit, proplet_id, about, count, last_at }) => {
      const host = proplet_id === null ? undefined : this.store.find(unit, proplet_id);
      return [
        host ? make("a", { href: hostLink(host) }, host.proplet_id) : proplet_id ?? "not in the message",
        unit,
        about,
        humanCount(count),
        silenceWords(new Date(last_at).toISOString(), Date.now()),
      ];
    });
    const more = all.length > rows.length
      ? [make("p", { class: "help" }, `and ${humanCount(all.length - rows.length)} more`)]
      : [];
    this.#refused.replaceChildren(
      tableOf(
        [["Agent", "name"], ["Channel", "name"], ["Why"], ["Messages", "number"], ["Last", "number"]],
        rows,
      ),
      ...more,
    );
  }

  #fit(isNew: boolean): void {
    this.#chart.fit(Math.max(100, this.#chart.element.clientWidth - 2), isNew);
  }
}

function unitTable(units: readonly UnitIngest[]): HTMLTableElement {
  return tableOf(
    [
      ["Channel", "name"],
      ["State"],
      ["Messages", "number"],
      ["Samples", "number"],
      ["Behind", "number"],
      ["Taken in", "number"],
      ["Received", "number"],
    ],
    units.map((one) => [
      one.unit,
      make(
        "span",
        {},
        make("span", { class: `badge ${one.state}` }, one.state),
        ...one.why === null ? [] : [make("small", { class: "note" }, one.why)],
      ),
      `${rateWords(one.messages_per_second)}/s`,
      `${rateWords(one.samples_per_second)}/s`,
      one.lag_seconds === null ? "–" : lagWords(one.lag_seconds),
      humanCount(one.samples),
      humanBytes(one.bytes),
    ]),
  );
}

/** A rate, to a figure that does not tremble. */
function rateWords(value: number): string {
  return humanNumber(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

function lagWords(seconds: number): string {
  return seconds < 60 ? `${Math.max(0, seconds).toFixed(1)} s` : uptimeWords(seconds);
}
