import { humanBytes, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { SortHead } from "../parts/sort_head.ts";
import type { SortColumn } from "../parts/sort_head.ts";
import { Spark } from "../parts/spark.ts";
import { WindowedList } from "../parts/windowed_list.ts";
import type { ListRow } from "../parts/windowed_list.ts";
import { numberLink } from "./links.ts";
import type { LiveTask } from "./live_feed.ts";
import { cpuTimeWords, stateWord } from "./task_list.ts";

const figure = (name: string) => ({ task }: LiveTask) => task.figures[name] ?? -1;
const rate = (...names: readonly string[]) => ({ rates }: LiveTask) =>
  names.some((name) => typeof rates[name] === "number")
    ? names.reduce((sum, name) => sum + (rates[name] ?? 0), 0)
    : -1;
const disk = rate("disk_read_bytes", "disk_write_bytes");
const network = rate("network_rx_bytes", "network_tx_bytes");

const COLUMNS: readonly SortColumn<LiveTask>[] = [
  ["Task", "id", ({ task }) => task.task_id],
  ["State", "state wide", null],
  ["CPU", "number cpu", figure("cpu_percent")],
  ["Of late", "course wide", null],
  ["Memory", "number memory", figure("memory_bytes")],
  ["Storage", "number wide", disk],
  ["Network", "number wide", network],
  ["CPU time", "number time", figure("cpu_seconds")],
  ["Threads", "number wide", figure("thread_count")],
];
const BY_CPU = 2;

interface Row extends ListRow {
  readonly cells: readonly HTMLElement[];
  readonly badge: HTMLElement;
  readonly spark: Spark;
}

/** The tasks of a host as `top` shows processes: those that use most first, and what is used at this moment. */
export class LiveList {
  readonly element = make("div", { class: "list live", role: "table", "aria-label": "Tasks now" });
  readonly #list: WindowedList;
  readonly #head = new SortHead(COLUMNS, BY_CPU, () => this.show(this.#tasks, this.#isHeard));
  #tasks: ReadonlyMap<number, LiveTask> = new Map();
  #isHeard = true;

  constructor() {
    this.#list = new WindowedList({
      make: (key) => this.#make(this.#tasks.get(Number(key))!),
      fill: (row, key) => this.#fill(row as Row, this.#tasks.get(Number(key))!),
    });
    const head = make("div", { class: "list-head", role: "rowgroup" }, this.#head.element);
    this.element.append(head, this.#list.element);
    this.element.setAttribute("aria-colcount", String(COLUMNS.length));
  }

  /** @param isHeard whether the host speaks: else nobody knows what became of tasks that ran */
  show(tasks: ReadonlyMap<number, LiveTask>, isHeard: boolean): void {
    this.#tasks = tasks;
    this.#isHeard = isHeard;
    const sorted = this.#head.sorted([...tasks.values()].sort((a, b) => a.task.id - b.task.id));
    this.element.setAttribute("aria-rowcount", String(sorted.length + 1));
    this.#list.show(sorted.map(({ task }) => String(task.id)));
  }

  focusFirst(): void {
    this.#list.focusFirst();
  }

  #make({ task }: LiveTask): Row {
    const element = make("div", { role: "row", class: "row" });
    const cells = COLUMNS.map(([, name]) => make("div", { role: "cell", class: `cell ${name}` }));
    const target = make("a", { href: numberLink(task.id), title: task.task_id }, task.task_id);
    const badge = make("span", { class: "badge" });
    const spark = new Spark();
    cells[0].append(target, make("small", {}, task.target ?? ""));
    cells[1].append(badge);
    cells[3].append(spark.element);
    element.append(...cells);
    return { element, target, cells, badge, spark };
  }

  #fill({ element, cells, badge, spark }: Row, live: LiveTask): void {
    const { task: { figures, state }, course } = live;
    const word = stateWord(state, this.#isHeard);
    if (badge.textContent !== word) {
      badge.textContent = word;
      badge.className = `badge ${word}`;
    }
    element.classList.toggle("stale", word !== "running");
    spark.draw(course);
    const bytes = (value: number) => value < 0 ? "–" : `${humanBytes(Math.round(value))}/s`;
    const texts = [
      [2, humanPercent(figures.cpu_percent)],
      [4, humanBytes(figures.memory_bytes)],
      [5, bytes(disk(live))],
      [6, bytes(network(live))],
      [7, cpuTimeWords(figures.cpu_seconds)],
      [8, String(figures.thread_count ?? "–")],
    ] as const;
    for (const [n, text] of texts) if (cells[n].textContent !== text) cells[n].textContent = text;
  }
}
