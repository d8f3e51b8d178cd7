import { humanBytes, humanCount, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { momentWords } from "../parts/time_words.ts";
import { alertMarks, runMarks } from "./chart_events.ts";
import { compareLink } from "./compare_question.ts";
import { Courses } from "./courses.ts";
import type { FleetStore } from "./fleet_store.ts";
import { hostLink, targetLink } from "./links.ts";
import { ownPanels, TASK_PANELS } from "./panels.ts";
import { runTable } from "./run_table.ts";
import { readRuns } from "./server.ts";
import type { Host, Run, Task } from "./server.ts";
import { tablePlace } from "./table.ts";
import { silenceWords } from "./silence_words.ts";
import { cpuTimeWords, stateWord } from "./task_list.ts";
import { traceLink } from "./trace_link.ts";

const REFRESH_MS = 5_000;

/** One task: its figures, their course, and what its runs have cost. */
export class TaskView {
  readonly element = make("div", { class: "process" });
  title: string;
  readonly #name = make("h1", { tabindex: "-1" });
  readonly #back = make("p", { class: "back" });
  readonly #badge = make("span", { class: "badge" });
  readonly #why = make("p", { class: "why" });
  readonly #figures = make("dl", { class: "figures" });
  readonly #chips = make("ul", { class: "chips" });
  readonly #runs = tablePlace("Runs");
  readonly #compare = make("a", { class: "button", hidden: "" }, "Compare");
  readonly #trace = make("span", {});
  #courses: Courses | null = null;
  #runsShown: readonly Run[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /**
   * @param store of all hosts
   * @param host that it runs on; undefined where that is not known yet
   * @param name of the task
   * @param find what is known of it now; undefined where there is none
   */
  constructor(
    readonly store: FleetStore,
    host: Host | undefined,
    name: string,
    readonly find: () => Promise<Task | undefined>,
  ) {
    this.title = this.#name.textContent = name;
    this.#showBack(host);
    this.element.append(
      this.#back,
      make("div", { class: "headline" }, this.#name, this.#badge, this.#compare, this.#trace),
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
      else {this.#why.textContent =
          "No task of this name is known here. What has ended a day ago is known by its runs alone.";}
      if (task) this.#runs.replaceChildren(runTable(this.#runsShown = await readRuns(task.id)));
      if (task && !this.#courses && !this.#isClosed) this.#open(task);
    } catch (error) {
      this.#why.textContent = (error as Error).message;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#read(), REFRESH_MS);
  }

  #open(task: Task): void {
    const panels = [...TASK_PANELS, ...ownPanels(task.figures)];
    this.#courses = new Courses(task.id, panels, async (from, until) => [
      ...runMarks(this.#runsShown, Date.parse(task.run_since), from, until),
      ...await alertMarks(`t${task.id}`, from, until),
    ]);
    this.element.append(
      make("section", {}, make("h2", {}, "Course"), this.#courses.element),
      make("section", {}, make("h2", {}, "Runs that have ended"), this.#runs),
    );
  }

  #showBack(host: Host | undefined): void {
    this.#back.replaceChildren(
      make("a", { href: host ? hostLink(host) : "#/" }, `← ${host?.proplet_id ?? "Fleet"}`),
    );
  }

  #show(task: Task): void {
    const { figures, labels, target, name } = task;
    if (this.title !== task.task_id) {
      this.title = this.#name.textContent = task.task_id;
      document.title = `${task.task_id} – proctor`;
      this.#showBack(this.store.host(task.agent));
    }
    this.#compare.href = compareLink({ kind: "task-now", first: String(task.id), hours: 1 });
    this.#compare.hidden = false;
    void traceLink(labels).then((link) => this.#trace.replaceChildren(...link ? [link] : []));
    const host = this.store.host(task.agent);
    const isHeard = host?.presence === "online";
    const state = stateWord(task.state, isHeard);
    this.#badge.textContent = state;
    this.#badge.className = `badge ${state}`;
    this.element.classList.toggle("stale", state === "unknown" || state === "lost");
    this.#why.textContent = whyOf(task, host);
    const values: [string, string][] = [
      ["CPU", humanPercent(figures.cpu_percent)],
      ["CPU time", cpuTimeWords(figures.cpu_seconds)],
      ["Memory", humanBytes(figures.memory_bytes)],
      ["Read", humanBytes(figures.disk_read_bytes)],
      ["Written", humanBytes(figures.disk_write_bytes)],
      ["Processes", humanCount(figures.process_count)],
      ["Sampled", silenceWords(task.last_time, Date.now())],
    ];
    this.#figures.replaceChildren(
      ...values.map(([title, value]) => make("div", {}, make("dt", {}, title), make("dd", {}, value))),
    );
    const names = new Set([target, name]);
    const chips = [...names].filter((one): one is string => one !== null && one !== "")
      .map((one): Node | string => one === target ? make("a", { href: targetLink(one) }, one) : one)
      .concat(Object.entries(labels).map(([key, value]) => `${key}=${value}`));
    this.#chips.replaceChildren(...chips.map((one) => make("li", {}, one)));
  }
}

function whyOf({ state, state_since, run_since }: Task, host: Host | undefined): string {
  if (state !== "running") return `${state} since ${momentWords(state_since)}`;
  const words = `running since ${momentWords(run_since)}`;
  return host && host.presence !== "online"
    ? `${words} as far as is known: its host is ${host.presence}`
    : words;
}
