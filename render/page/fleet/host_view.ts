import { humanNumber, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { momentWords } from "../parts/time_words.ts";
import { uptimeWords } from "../parts/uptime_words.ts";
import { alertMarks } from "./chart_events.ts";
import { compareLink } from "./compare_question.ts";
import { Courses } from "./courses.ts";
import type { FleetStore } from "./fleet_store.ts";
import { liveLink } from "./links.ts";
import { HOST_PANELS } from "./panels.ts";
import { readTask, readTasks } from "./server.ts";
import type { Host, Task } from "./server.ts";
import { silenceWords } from "./silence_words.ts";
import { TaskList } from "./task_list.ts";

const FIGURES = ["CPU", "Memory", "Load", "Tasks", "Heard"];
const REFRESH_MS = 5_000;

/** One host: its figures, their course, and its tasks. */
export class HostView {
  readonly element = make("div", { class: "process" });
  readonly title: string;
  readonly #badge = make("span", { class: "badge" });
  readonly #why = make("p", { class: "why" });
  readonly #chips = make("ul", { class: "chips" });
  readonly #values = new Map<string, HTMLElement>();
  readonly #courses: Courses | null;
  readonly #tasks: TaskList | null;
  readonly #fault = make("p", { class: "empty", role: "status" }, "Asking …");
  readonly #host: Host | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(readonly store: FleetStore, unit: string, propletId: string) {
    this.title = propletId;
    const host = this.#host = store.find(unit, propletId);
    this.#courses = host && host.host_task !== null
      ? new Courses(host.host_task, HOST_PANELS, (from, until) => alertMarks(`a${host.id}`, from, until))
      : null;
    this.#tasks = host ? new TaskList(host) : null;
    const figures = make("dl", { class: "figures" });
    for (const name of FIGURES) {
      const value = make("dd", {}, "–");
      this.#values.set(name, value);
      figures.append(make("div", {}, make("dt", {}, name), value));
    }
    const section = (title: string, ...children: Node[]) =>
      make("section", {}, make("h2", {}, title), ...children);
    this.element.append(
      make("p", { class: "back" }, make("a", { href: "#/" }, "← Fleet")),
      make(
        "div",
        { class: "headline" },
        make("h1", { tabindex: "-1" }, propletId),
        this.#badge,
        ...linksOf(host),
      ),
      this.#why,
      this.#chips,
    );
    if (!this.#tasks) return;
    this.element.append(figures);
    const tasks = section("Tasks", this.#tasks.element, this.#fault);
    this.element.append(tasks);
    if (this.#courses) this.element.append(section("Course of the host", this.#courses.element));
    void this.#read();
  }

  /** Show what is known by now. */
  refresh(): void {
    const host = this.#host && this.store.host(this.#host.id);
    if (!host) {
      this.#why.textContent = "No host of this name is known.";
      return;
    }
    this.#badge.textContent = host.presence;
    this.#badge.className = `badge ${host.presence}`;
    this.#why.textContent = whyOf(host);
    this.element.classList.toggle("stale", host.presence !== "online");
    const { cpu_percent, memory_percent } = this.store.figures(host.id);
    const known = (value: number) => Number.isNaN(value) ? null : value;
    this.#put({
      CPU: humanPercent(known(cpu_percent)),
      Memory: humanPercent(known(memory_percent)),
      Tasks: String(host.task_count),
    });
    const chips = [
      host.unit,
      host.host === host.proplet_id ? null : host.host,
      host.os,
      host.version && `proctor ${host.version}`,
    ]
      .concat(Object.entries(host.labels).map(([name, value]) => `${name}=${value}`))
      .filter((one): one is string => Boolean(one));
    const shown = chips.join("\n");
    if (this.#chips.dataset.shown === shown) return;
    this.#chips.dataset.shown = shown;
    this.#chips.replaceChildren(...chips.map((one) => make("li", {}, one)));
  }

  restyle(): void {
    this.#courses?.restyle();
  }

  focusSearch(): void {
    this.#tasks?.focusFirst();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#courses?.close();
  }

  #put(values: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(values)) this.#values.get(name)!.textContent = text;
  }

  #showOwn({ figures, last_time }: Task): void {
    this.#put({ Load: humanNumber(figures.load_1m), Heard: silenceWords(last_time, Date.now()) });
  }

  async #read(): Promise<void> {
    const { id, host_task } = this.#host!;
    try {
      const [tasks, own] = await Promise.all([
        readTasks(id),
        host_task === null ? null : readTask(host_task),
      ]);
      if (this.#isClosed) return;
      if (own) this.#showOwn(own);
      else this.#put({ Heard: silenceWords(this.store.host(id)?.last_seen ?? null, Date.now()) });
      const shown = tasks.filter(({ id }) => id !== host_task);
      const isHeard = this.store.host(id)?.presence === "online";
      this.#tasks!.show(shown, Date.now(), isHeard);
      this.#tasks!.element.hidden = shown.length === 0;
      this.#fault.textContent = shown.length === 0 ? "This host has not reported any task yet." : "";
    } catch (error) {
      this.#fault.textContent = (error as Error).message;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#read(), REFRESH_MS);
  }
}

/** Where else something is seen of a host. */
function linksOf(host: Host | undefined): HTMLElement[] {
  if (!host) return [];
  const compare = compareLink({ kind: "host-now", first: String(host.id), hours: 1 });
  return [
    make("a", { class: "button", href: liveLink(host) }, "Live"),
    make("a", { class: "button", href: compare }, "Compare"),
  ];
}

function whyOf(host: Host): string {
  const parts = [];
  if (host.presence !== "online") {
    const age = silenceWords(host.last_seen, Date.now());
    const since = momentWords(host.presence_since);
    parts.push(`${host.presence} since ${since}: what is shown was reported ${age}`);
  }
  if (host.is_duplicate) {
    parts.push("two agents speak under this name: give one of them another --proplet-id");
  }
  const offset = host.clock_offset_seconds;
  if (offset !== null && Math.abs(offset) >= 2) {
    parts.push(`its clock is ${uptimeWords(Math.abs(offset))} ${offset > 0 ? "ahead" : "behind"}`);
  }
  return parts.join("; ");
}
