import { humanBytes, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { SortHead } from "../parts/sort_head.ts";
import type { SortColumn } from "../parts/sort_head.ts";
import { WindowedList } from "../parts/windowed_list.ts";
import type { ListRow } from "../parts/windowed_list.ts";
import { taskLink } from "./links.ts";
import type { Host, Task } from "./server.ts";
import { silenceWords } from "./silence_words.ts";

const figure = (name: string) => ({ figures }: Task) => figures[name] ?? -1;

const COLUMNS: readonly SortColumn<Task>[] = [
  ["Task", "id", ({ task_id }) => task_id],
  ["Target", "target wide", targetOf],
  ["State", "state", ({ state }) => state],
  ["CPU", "number cpu", figure("cpu_percent")],
  ["Memory", "number memory", figure("memory_bytes")],
  ["CPU time", "number wide", figure("cpu_seconds")],
  ["Processes", "number wide", figure("process_count")],
  ["Sampled", "number wide", ({ last_time }) => last_time === null ? 0 : Date.parse(last_time)],
];
const BY_CPU = 3;

interface Row extends ListRow {
  readonly cells: readonly HTMLElement[];
  readonly badge: HTMLElement;
}

/** The tasks of a host. */
export class TaskList {
  readonly element = make("div", { class: "list tasks", role: "table", "aria-label": "Tasks" });
  readonly #list: WindowedList;
  readonly #head = new SortHead(COLUMNS, BY_CPU, () => this.#arrange());
  #tasks = new Map<string, Task>();
  #nowMs = 0;
  #isHeard = true;

  constructor(readonly host: Host) {
    this.#list = new WindowedList({
      make: (key) => this.#make(this.#tasks.get(key)!),
      fill: (row, key) => this.#fill(row as Row, this.#tasks.get(key)!),
    });
    const head = make("div", { class: "list-head", role: "rowgroup" }, this.#head.element);
    this.element.append(head, this.#list.element);
    this.element.setAttribute("aria-colcount", String(COLUMNS.length));
  }

  /** @param isHeard whether the host speaks: else nobody knows what became of tasks that ran */
  show(tasks: readonly Task[], nowMs: number, isHeard: boolean): void {
    this.#nowMs = nowMs;
    this.#isHeard = isHeard;
    this.#tasks = new Map(tasks.map((task) => [String(task.id), task]));
    this.#arrange();
  }

  focusFirst(): void {
    this.#list.focusFirst();
  }

  #arrange(): void {
    const sorted = this.#head.sorted([...this.#tasks.values()].sort((a, b) => a.id - b.id));
    this.element.setAttribute("aria-rowcount", String(sorted.length + 1));
    this.#list.show(sorted.map(({ id }) => String(id)));
  }

  #make(task: Task): Row {
    const element = make("div", { role: "row", class: "row" });
    const cells = COLUMNS.map(([, name]) => make("div", { role: "cell", class: `cell ${name}` }));
    const target = make("a", { href: taskLink(this.host, task.task_id), title: task.task_id }, task.task_id);
    const badge = make("span", { class: "badge" });
    cells[0].append(target);
    cells[2].append(badge);
    element.append(...cells);
    return { element, target, cells, badge };
  }

  #fill({ element, cells, badge }: Row, task: Task): void {
    const state = stateWord(task.state, this.#isHeard);
    if (badge.textContent !== state) {
      badge.textContent = state;
      badge.className = `badge ${state}`;
    }
    element.classList.toggle("stale", state === "unknown" || state === "lost");
    const { cpu_percent, memory_bytes, cpu_seconds, process_count } = task.figures;
    const put = (n: number, text: string) => {
      if (cells[n].textContent !== text) cells[n].textContent = text;
    };
    put(1, targetOf(task));
    put(3, humanPercent(cpu_percent));
    put(4, humanBytes(memory_bytes));
    put(5, cpuTimeWords(cpu_seconds));
    put(6, String(process_count ?? "–"));
    put(7, silenceWords(task.last_time, this.#nowMs));
  }
}

function targetOf({ target, name }: Task): string {
  return target ?? name;
}

/** The state of a task as far as it is known. @param isHeard whether its host speaks */
export function stateWord(state: Task["state"], isHeard: boolean): string {
  return state === "running" && !isHeard ? "unknown" : state;
}

/** CPU time in one unit: `12.3 s`, `4.5 h`. */
export function cpuTimeWords(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  const [length, unit] = ([[86_400, "d"], [3_600, "h"], [60, "min"], [0, "s"]] as const)
    .find(([length]) => seconds >= length)!;
  const amount = seconds / (length || 1);
  return `${amount.toFixed(amount >= 100 ? 0 : amount >= 10 ? 1 : 2)} ${unit}`;
}
