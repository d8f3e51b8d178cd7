import { humanBytes, humanNumber, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { LiveChart } from "../parts/live_chart.ts";
import { buttonOf } from "./controls.ts";
import type { FleetStore } from "./fleet_store.ts";
import { hostLink } from "./links.ts";
import { LiveFeed } from "./live_feed.ts";
import { LiveList } from "./live_list.ts";
import { HOST_PANELS } from "./panels.ts";
import { readSeries } from "./server.ts";
import type { Task } from "./server.ts";
import { silenceWords } from "./silence_words.ts";

const FIGURES = ["CPU", "Memory", "Swap", "Load", "Tasks", "Sampled"];
/** How far back the charts go, and points that are kept of it. */
const [SECONDS, POINTS] = [600, 600];
const SHOWN = ["cpu", "memory"];

/** One host as `top` shows it: each sample as it comes. */
export class LiveView {
  readonly element = make("div", { class: "process" });
  readonly title: string;
  readonly #why = make("p", { class: "why", role: "status" });
  readonly #values = new Map<string, HTMLElement>();
  readonly #list = new LiveList();
  readonly #places = make("div", { class: "charts" });
  readonly #charts = HOST_PANELS.filter(({ id }) => SHOWN.includes(id)).map((panel) => ({
    panel,
    chart: new LiveChart(panel, SECONDS, 300),
  }));
  readonly #sizes = new ResizeObserver(() => this.#fit(false));
  readonly #pause: HTMLButtonElement;
  readonly #times: number[] = [];
  readonly #lines = new Map<string, (number | null)[]>();
  #feed: LiveFeed | null = null;
  #isPaused = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param agent the number of the host's agent */
  constructor(readonly store: FleetStore, readonly agent: number) {
    const host = store.host(agent);
    this.title = host ? `${host.proplet_id}, live` : "Live";
    this.#pause = buttonOf("Pause", () => this.#toggle(), { "aria-pressed": "false" });
    const figures = make("dl", { class: "figures" });
    for (const name of FIGURES) {
      const value = make("dd", {}, "–");
      this.#values.set(name, value);
      figures.append(make("div", {}, make("dt", {}, name), value));
    }
    const back = make("a", { href: host ? hostLink(host) : "#/" }, `← ${host?.proplet_id ?? "Fleet"}`);
    this.element.append(
      make("p", { class: "back" }, back),
      make("div", { class: "headline" }, make("h1", { tabindex: "-1" }, this.title), this.#pause),
      this.#why,
    );
    this.#why.textContent = "Asking …";
    if (!host) {
      this.#pause.hidden = true;
      this.#why.textContent = "No host of this number is known.";
      return;
    }
    this.#places.append(...this.#charts.map(({ chart }) => chart.element));
    this.element.append(
      figures,
      make("section", {}, make("h2", {}, "Tasks"), this.#list.element),
    );
    // An agent that tells nothing of its host has no course to show.
    if (host.host_task !== null) {
      this.element.append(make("section", {}, make("h2", {}, "The last ten minutes"), this.#places));
    }
    this.#sizes.observe(this.#places);
    void this.#begin(host.host_task);
  }

  refresh(): void {}

  restyle(): void {
    this.#fit(true);
  }

  focusSearch(): void {
    this.#list.focusFirst();
  }

  close(): void {
    this.#feed?.close();
    this.#feed = null;
    clearInterval(this.#timer);
    this.#sizes.disconnect();
    for (const { chart } of this.#charts) chart.destroy();
  }

  async #begin(hostTask: number | null): Promise<void> {
    this.#timer = setInterval(() => this.#show(), 1_000);
    this.#feed = new LiveFeed(this.agent, () => this.#take(), () => {
      this.#why.textContent = "The manager does not answer; trying again …";
    });
    if (hostTask === null) return;
    const until = Date.now();
    const columns = this.#charts.flatMap(({ panel }) => panel.columns);
    const past = await readSeries(hostTask, columns, until - SECONDS * 1_000, until, POINTS).catch(() =>
      null
    );
    if (!past || !this.#feed) return;
    // What has come by the stream meanwhile is newer than all of it.
    const first = this.#times[0] ?? Infinity;
    const older = past.times.map((time) => time / 1_000).filter((time) => time < first);
    this.#times.unshift(...older);
    for (const name of columns) {
      const line = this.#lines.get(name) ?? [];
      line.unshift(...(past.values[name] ?? []).slice(0, older.length));
      this.#lines.set(name, line);
    }
    this.#draw();
  }

  #toggle(): void {
    this.#isPaused = !this.#isPaused;
    this.#pause.setAttribute("aria-pressed", String(this.#isPaused));
    this.#pause.textContent = this.#isPaused ? "Go on" : "Pause";
    this.#show();
    this.#draw();
  }

  #take(): void {
    this.#why.textContent = "";
    const own = this.#own();
    const time = Date.parse(own?.last_time ?? "") / 1_000;
    if (own && time > (this.#times.at(-1) ?? 0)) {
      this.#times.push(time);
      for (const { panel } of this.#charts) {
        for (const name of panel.columns) {
          const line = this.#lines.get(name) ?? this.#times.slice(1).map(() => null);
          line.push(own.figures[name] ?? null);
          this.#lines.set(name, line);
        }
      }
      if (this.#times.length > POINTS) {
        this.#times.shift();
        for (const line of this.#lines.values()) line.shift();
      }
      this.#draw();
    }
    this.#show();
  }

  /** What the host tells of itself. */
  #own(): Task | undefined {
    const id = this.store.host(this.agent)?.host_task;
    return id === null || id === undefined ? undefined : this.#feed?.tasks.get(id)?.task;
  }

  #show(): void {
    const host = this.store.host(this.agent);
    if (this.#isPaused || !host || !this.#feed?.isTold) return;
    const own = this.#own();
    const tasks = new Map([...this.#feed.tasks].filter(([id]) => id !== host.host_task));
    const running = [...tasks.values()].filter(({ task: { state } }) => state === "running").length;
    const { figures = {} } = own ?? {};
    const texts: Record<string, string> = {
      CPU: humanPercent(figures.cpu_percent),
      Memory: humanBytes(figures.memory_bytes),
      Swap: humanPercent(figures.swap_percent),
      Load: humanNumber(figures.load_1m),
      Tasks: `${running} of ${tasks.size}`,
      Sampled: silenceWords(own?.last_time ?? null, Date.now()),
    };
    for (const [name, text] of Object.entries(texts)) {
      const value = this.#values.get(name)!;
      if (value.textContent !== text) value.textContent = text;
    }
    this.element.classList.toggle("stale", host.presence !== "online");
    if (host.presence !== "online") {
      this.#why.textContent = `${host.presence}: what is shown was reported ${
        silenceWords(host.last_seen, Date.now())
      }`;
    }
    this.#list.show(tasks, host.presence === "online");
  }

  #draw(): void {
    if (this.#isPaused) return;
    for (const { panel, chart } of this.#charts) {
      const lines = panel.columns.map((name) => this.#lines.get(name) ?? this.#times.map(() => null));
      chart.show(this.#times, lines, Date.now() / 1_000);
    }
    this.#fit(false);
  }

  #fit(isNew: boolean): void {
    for (const { chart } of this.#charts) chart.fit(Math.max(100, chart.element.clientWidth - 2), isNew);
  }
}
