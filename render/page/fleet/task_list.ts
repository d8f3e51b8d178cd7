import { humanBytes, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { WindowedList } from "../parts/windowed_list.ts";
import type { ListRow } from "../parts/windowed_list.ts";
import { taskLink } from "./links.ts";
import type { Host, Task } from "./server.ts";
import { silenceWords } from "./silence_words.ts";

type SortKey = "task_id" | "state" | "cpu_percent" | "memory_bytes" | "cpu_seconds" | "process_count";

const COLUMNS: readonly (readonly [key: SortKey | null, title: string, name: string])[] = [
  ["task_id", "Task", "id"],
  [null, "Target", "target wide"],
  ["state", "State", "state"],
  ["cpu_percent", "CPU", "number cpu"],
  ["memory_bytes", "Memory", "number memory"],
  ["cpu_seconds", "CPU time", "number wide"],
  ["process_count", "Processes", "number wide"],
  [null, "Sampled", "number wide"],
];

interface Row extends ListRow {
  readonly cells: readonly HTMLElement[];
  readonly badge: HTMLElement;
}

/** The tasks of a host. */
export class TaskList {
  readonly element = make("div", { class: "list tasks", role: "table", "aria-label": "Tasks" });
  readonly #list: WindowedList;
  readonly #heads = new Map<SortKey, HTMLElement>();
  #tasks = new Map<string, Task>();
  #sort: SortKey = "cpu_percent";
  #isDown = true;
  #nowMs = 0;
  #isHeard = true;

  constructor(readonly host: Host) {
    this.#list = new WindowedList({
      make: (key) => this.#make(this.#tasks.get(key)!),
      fill: (row, key) => this.#fill(row as Row, this.#tasks.get(key)!),
    });
    const head = make("div", { role: "row", class: "row head", "aria-rowindex": "1" });
    for (const [key, title, name] of COLUMNS) {
      const cell = make("div", { role: "columnheader", class: `cell ${name}` });
      if (key === null) cell.append(title);
      else {
        const button = make("button", { type: "button" }, title);
        button.addEventListener("click", () => this.#sortBy(key));
        cell.append(button);
        this.#heads.set(key, cell);
      }
      head.append(cell);
    }
    this.element.append(make("div", { class: "list-head", role: "rowgroup" }, head), this.#list.element);
    this.element.setAttribute("aria-colcount", String(COLUMNS.length));
    this.#showSort();
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
    const valueOf = (task: Task) =>
      this.#sort === "task_id" || this.#sort === "state" ? task[this.#sort] : task.figures[this.#sort] ?? -1;
    const sign = this.#isDown ? -1 : 1;
    const sorted = [...this.#tasks.values()].sort((a, b) => {
      const [one, other] = [valueOf(a), valueOf(b)];
      return one === other ? a.id - b.id : sign * (one < other ? -1 : 1);
    });
    this.element.setAttribute("aria-rowcount", String(sorted.length + 1));
    this.#list.show(sorted.map(({ id }) => String(id)));
  }

  #sortBy(key: SortKey): void {
    const isText = key === "task_id" || key === "state";
    this.#isDown = this.#sort === key ? !this.#isDown : !isText;
    this.#sort = key;
    this.#showSort();
    this.#arrange();
  }

  #showSort(): void {
    for (const [key, cell] of this.#heads) {
      if (key === this.#sort) cell.setAttribute("aria-sort", this.#isDown ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  #make(task: Task): Row {
    const element = make("div", { role: "row", class: "row" });
    const cells = COLUMNS.map(([, , name]) => make("div", { role: "cell", class: `cell ${name}` }));
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
    put(1, task.target ?? task.name);
    put(3, humanPercent(cpu_percent));
    put(4, humanBytes(memory_bytes));
    put(5, cpuTimeWords(cpu_seconds));
    put(6, String(process_count ?? "–"));
    put(7, silenceWords(task.last_time, this.#nowMs));
  }
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
