import { humanBytes, humanCount, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { buttonOf } from "./controls.ts";
import { CrowdChart } from "./crowd_chart.ts";
import type { FleetStore } from "./fleet_store.ts";
import { compareLink } from "./compare_question.ts";
import { hostLink, numberLink } from "./links.ts";
import { readTasksOfTarget } from "./server.ts";
import type { Task } from "./server.ts";
import { nothing, tableOf, tablePlace } from "./table.ts";
import { cpuTimeWords, stateWord } from "./task_list.ts";

const RANGES = [[1, "1 h"], [6, "6 h"], [24, "1 day"], [168, "1 week"]] as const;
const MOST_ROWS = 50;
const REFRESH_MS = 30_000;

/** All tasks of a target, wherever they run: those with most, the rest together, and where all of them lie. */
export class TargetView {
  readonly element: HTMLElement;
  readonly #why = make("p", { class: "why", role: "status" }, "Asking …");
  readonly #table = tablePlace("Tasks");
  readonly #places = make("div", { class: "charts" });
  readonly #sizes = new ResizeObserver(() => this.#fit(false));
  #charts: readonly CrowdChart[] = [];
  #hours = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(readonly store: FleetStore, readonly title: string) {
    const ranges = make("div", { class: "ranges", role: "group", "aria-label": "How far back" });
    for (const [hours, words] of RANGES) {
      const button = buttonOf(words, () => {
        for (const other of ranges.children) other.setAttribute("aria-pressed", String(other === button));
        this.#hours = hours;
        this.#open();
      }, { "aria-pressed": String(hours === this.#hours) });
      ranges.append(button);
    }
    const compare = make(
      "a",
      { class: "button", href: compareLink({ kind: "target-now", first: title }) },
      "Compare",
    );
    this.element = make(
      "div",
      { class: "process" },
      make("p", { class: "back" }, make("a", { href: "#/" }, "← Fleet")),
      make("div", { class: "headline" }, make("h1", { tabindex: "-1" }, title), compare),
      this.#why,
      make("section", {}, make("h2", {}, "Course"), make("div", { class: "tools" }, ranges), this.#places),
      make("section", {}, make("h2", {}, "Tasks that use most CPU"), this.#table),
    );
    this.#sizes.observe(this.#places);
    this.#open();
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {
    this.#fit(true);
  }

  focusSearch(): void {
    this.#table.querySelector("a")?.focus();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#sizes.disconnect();
    for (const chart of this.#charts) chart.close();
  }

  #open(): void {
    for (const chart of this.#charts) chart.close();
    this.#charts = (["cpu", "memory"] as const).map((id) =>
      new CrowdChart({ target: this.title }, id, this.#hours)
    );
    this.#places.replaceChildren(...this.#charts.map(({ element }) => element));
  }

  async #read(): Promise<void> {
    try {
      const tasks = document.hidden ? null : await readTasksOfTarget(this.title);
      if (this.#isClosed) return;
      if (tasks) this.#show(tasks);
    } catch (error) {
      this.#why.textContent = (error as Error).message;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#read(), REFRESH_MS);
  }

  #show(tasks: readonly Task[]): void {
    const running = tasks.filter(({ state }) => state === "running");
    const hosts = new Set(tasks.map(({ agent }) => agent));
    const sum = (name: string) => running.reduce((all, { figures }) => all + (figures[name] ?? 0), 0);
    this.#why.textContent = tasks.length === 0
      ? "No task of this target is known."
      : `${humanCount(running.length)} of ${humanCount(tasks.length)} tasks run on ${
        humanCount(hosts.size)
      } ` +
        `${hosts.size === 1 ? "host" : "hosts"}, with ${humanPercent(sum("cpu_percent"))} of a core and ` +
        `${humanBytes(sum("memory_bytes"))} together.`;
    const cpu = ({ figures }: Task) => figures.cpu_percent ?? -1;
    const most = [...tasks].sort((a, b) => cpu(b) - cpu(a)).slice(0, MOST_ROWS);
    if (most.length === 0) return this.#table.replaceChildren(nothing("There is none."));
    this.#table.replaceChildren(tableOf(
      [["Task", "name"], ["Host", "name"], ["State"], ["CPU", "number"], ["Memory", "number"], [
        "CPU time",
        "number",
      ]],
      most.map((task) => {
        const host = this.store.host(task.agent);
        const state = stateWord(task.state, host?.presence === "online");
        return [
          make("a", { href: numberLink(task.id) }, task.task_id),
          host ? make("a", { href: hostLink(host) }, host.proplet_id) : task.host,
          make("span", { class: `badge ${state}` }, state),
          humanPercent(task.figures.cpu_percent),
          humanBytes(task.figures.memory_bytes),
          cpuTimeWords(task.figures.cpu_seconds),
        ];
      }),
    ));
  }

  #fit(isNew: boolean): void {
    for (const chart of this.#charts) chart.fit(isNew);
  }
}
