import { humanBytes, humanCount, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { uptimeWords } from "../parts/uptime_words.ts";
import { Courses } from "./courses.ts";
import { hostLink } from "./links.ts";
import { TASK_PANELS } from "./panels.ts";
import { readRuns } from "./server.ts";
import type { Host, Run, Task } from "./server.ts";
import { cpuTimeWords } from "./task_list.ts";

const REFRESH_MS = 5_000;

/** One task: its figures, their course, and what its runs have cost. */
export class TaskView {
  readonly element = make("div", { class: "process" });
  readonly title: string;
  readonly #badge = make("span", { class: "badge" });
  readonly #why = make("p", { class: "why" });
  readonly #figures = make("dl", { class: "figures" });
  readonly #chips = make("ul", { class: "chips" });
  readonly #runs = make("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Runs" });
  #courses: Courses | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /**
   * @param host that it runs on; undefined where that is not known
   * @param name of the task
   * @param find what is known of it now; undefined where there is none
   */
  constructor(host: Host | undefined, name: string, readonly find: () => Promise<Task | undefined>) {
    this.title = name;
    const back = host
      ? make("a", { href: hostLink(host) }, `← ${host.proplet_id}`)
      : make("a", { href: "#/" }, "← Fleet");
    this.element.append(
      make("p", { class: "back" }, back),
      make("div", { class: "headline" }, make("h1", { tabindex: "-1" }, name), this.#badge),
      this.#why,
      this.#chips,
      this.#figures,
    );
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {
    this.#courses?.restyle();
  }

  focusSearch(): void {}

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#courses?.close();
  }

  async #read(): Promise<void> {
    try {
      const task = await this.find();
      if (this.#isClosed) return;
      if (task) this.#show(task);
      else this.#why.textContent = "No task of this name is known here.";
      if (task && !this.#courses) this.#open(task);
      if (task) this.#showRuns(await readRuns(task.id));
    } catch (error) {
      this.#why.textContent = (error as Error).message;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#read(), REFRESH_MS);
  }

  #open(task: Task): void {
    this.#courses = new Courses(task.id, TASK_PANELS);
    this.element.append(
      make("section", {}, make("h2", {}, "Course"), this.#courses.element),
      make("section", {}, make("h2", {}, "Runs that have ended"), this.#runs),
    );
  }

  #show(task: Task): void {
    const { state, figures, labels, target, name, run_since } = task;
    this.#badge.textContent = state;
    this.#badge.className = `badge ${state}`;
    this.#why.textContent = state === "running"
      ? `running since ${new Date(run_since).toLocaleString("sv")}`
      : `${state} since ${new Date(task.state_since).toLocaleString("sv")}`;
    const values: [string, string][] = [
      ["CPU", humanPercent(figures.cpu_percent)],
      ["CPU time", cpuTimeWords(figures.cpu_seconds)],
      ["Memory", humanBytes(figures.memory_bytes)],
      ["Read", humanBytes(figures.disk_read_bytes)],
      ["Written", humanBytes(figures.disk_write_bytes)],
      ["Processes", humanCount(figures.process_count)],
    ];
    this.#figures.replaceChildren(
      ...values.map(([title, value]) => make("div", {}, make("dt", {}, title), make("dd", {}, value))),
    );
    const names = new Set([target, name]);
    const chips = [...names].filter((one): one is string => one !== null && one !== "")
      .concat(Object.entries(labels).map(([key, value]) => `${key}=${value}`));
    this.#chips.replaceChildren(...chips.map((one) => make("li", {}, one)));
  }

  #showRuns(runs: readonly Run[]): void {
    if (runs.length === 0) {
      this.#runs.replaceChildren(make("p", { class: "nothing" }, "No run has ended yet."));
      return;
    }
    const cell = (text: string, isNumber = true) => make("td", isNumber ? { class: "number" } : {}, text);
    const heads = ["Began", "Took", "Ended", "CPU time", "Peak memory", "Read", "Written"];
    const head = make(
      "tr",
      {},
      ...heads.map((title, n) => {
        const isNumber = n !== 0 && n !== 2;
        return make("th", { scope: "col", ...(isNumber && { class: "number" }) }, title);
      }),
    );
    const rows = runs.map(({ started, ended, state, error, figures }) =>
      make(
        "tr",
        {},
        cell(new Date(started).toLocaleString("sv"), false),
        cell(uptimeWords((ended - started) / 1_000)),
        cell(error === null ? state : `${state}: ${error}`, false),
        cell(cpuTimeWords(figures.cpu_seconds)),
        cell(humanBytes(figures.max_memory_bytes)),
        cell(humanBytes(figures.disk_read_bytes)),
        cell(humanBytes(figures.disk_write_bytes)),
      )
    );
    this.#runs.replaceChildren(
      make("table", { class: "facts" }, make("thead", {}, head), make("tbody", {}, ...rows)),
    );
  }
}
