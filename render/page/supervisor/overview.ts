import { humanBytes, humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { Spark } from "../parts/spark.ts";
import { showStateButtons } from "../parts/state_buttons.ts";
import { WindowedList } from "../parts/windowed_list.ts";
import type { ListRow } from "../parts/windowed_list.ts";
import { uptimeWords } from "../parts/uptime_words.ts";
import { ActionButtons } from "./actions.ts";
import { arranged, countedStates } from "./arrange.ts";
import type { Arrangement, SortKey } from "./arrange.ts";
import type { Store } from "./store.ts";

const COLUMNS: readonly (readonly [key: SortKey | null, title: string, name: string])[] = [
  ["id", "Name", "id"],
  ["state", "State", "state"],
  ["uptime", "Uptime", "uptime"],
  ["restarts", "Restarts", "restarts"],
  ["cpu", "CPU", "cpu"],
  [null, "10 minutes", "course"],
  ["memory", "Memory", "memory"],
  ["health", "Health", "health"],
  [null, "Actions", "do"],
];
/** Of these the greatest is looked for first. */
const DOWN_FIRST: readonly SortKey[] = ["uptime", "restarts", "cpu", "memory"];

interface Row extends ListRow {
  readonly cells: Readonly<Record<string, HTMLElement>>;
  readonly badge: HTMLElement;
  readonly why: HTMLElement;
  readonly spark: Spark;
  readonly actions: ActionButtons;
}

/** Where the page of a process is. */
export const linkTo = (id: string) => `#/process/${encodeURIComponent(id)}`;

/** All processes in a list. */
export class Overview {
  readonly element: HTMLElement;
  readonly title = "Processes";
  readonly #filter = make("input", {
    type: "search",
    placeholder: "Filter  /",
    "aria-label": "Filter processes",
  });
  readonly #states = make("div", { class: "states", role: "group", "aria-label": "Show one state" });
  readonly #count = make("p", { class: "count", role: "status" });
  readonly #table = make("div", { class: "list", role: "table", "aria-label": "Processes" });
  readonly #heads = new Map<SortKey, HTMLElement>();
  readonly #list: WindowedList;
  #arrangement: Arrangement = { wanted: "", state: null, sort: null, isDown: false };
  #shownStates = "";

  constructor(readonly store: Store) {
    this.#list = new WindowedList({
      make: (id) => makeRow(id),
      fill: (row, id) => this.#fill(row as Row, id),
    });
    this.#filter.addEventListener("input", () => this.#arrange({ wanted: this.#filter.value }));
    this.#filter.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      this.#list.focusFirst();
    });
    const head = make("div", { role: "row", class: "row head", "aria-rowindex": "1" });
    for (const [key, title, name] of COLUMNS) head.append(this.#head(key, title, name));
    this.#table.append(make("div", { class: "list-head", role: "rowgroup" }, head), this.#list.element);
    this.#table.setAttribute("aria-colcount", String(COLUMNS.length));
    const tools = make("div", { class: "tools" }, this.#filter, this.#states, this.#count);
    const heading = make("h1", { tabindex: "-1" }, "Processes");
    this.element = make("div", { class: "overview" }, heading, tools, this.#table);
    this.refresh();
  }

  /** Show what is known by now. */
  refresh(): void {
    const ids = arranged(this.store, this.#arrangement);
    this.#table.setAttribute("aria-rowcount", String(ids.length + 1));
    const all = this.store.order.length;
    this.#count.textContent = ids.length === all ? `${all} in all` : `${ids.length} of ${all}`;
    this.#showStates();
    this.#list.show(ids);
  }

  /** An event changes nothing here that the rows do not tell. */
  showEvents(): void {}

  takeEvent(): void {}

  restyle(): void {}

  focusSearch(): void {
    this.#filter.focus();
  }

  leave(): void {}

  comeBack(): void {}

  close(): void {}

  #head(key: SortKey | null, title: string, name: string): HTMLElement {
    const cell = make("div", { role: "columnheader", class: `cell ${name}` });
    if (key === null) {
      cell.append(title);
      return cell;
    }
    const button = make("button", { type: "button" }, title);
    button.addEventListener("click", () => this.#sortBy(key));
    cell.append(button);
    this.#heads.set(key, cell);
    return cell;
  }

  /** By a column, then the other way round, then as in the configuration again. */
  #sortBy(key: SortKey): void {
    const { sort, isDown } = this.#arrangement;
    const first = DOWN_FIRST.includes(key);
    const next: Partial<Arrangement> = sort !== key
      ? { sort: key, isDown: first }
      : isDown === first
      ? { isDown: !first }
      : { sort: null };
    this.#arrange(next);
    for (const [one, cell] of this.#heads) {
      const { sort, isDown } = this.#arrangement;
      if (one === sort) cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  #arrange(change: Partial<Arrangement>): void {
    this.#arrangement = { ...this.#arrangement, ...change };
    this.refresh();
  }

  #showStates(): void {
    const counts = countedStates(this.store);
    const { state: chosen } = this.#arrangement;
    const shown = `${chosen} ${counts.join(" ")}`;
    if (shown === this.#shownStates) return;
    this.#shownStates = shown;
    const words = counts.map(([state, count]) => [state, String(count)] as const);
    showStateButtons(
      this.#states,
      words,
      chosen,
      (state) => this.#arrange({ state: state === chosen ? null : state }),
    );
  }

  #fill({ cells, badge, why, spark, actions }: Row, id: string): void {
    const row = this.store.row(id);
    if (!row) return;
    const put = (name: string, text: string) => {
      if (cells[name].textContent !== text) cells[name].textContent = text;
    };
    if (badge.textContent !== row.state) {
      badge.textContent = row.state;
      badge.className = `badge ${row.state}`;
    }
    const reason = [row.reason, row.degraded].filter(Boolean).join("; ");
    if (why.textContent !== reason) why.textContent = why.title = reason;
    put("uptime", uptimeWords(this.store.uptimeSeconds(row)));
    put("restarts", String(row.restarts));
    put("cpu", humanPercent(row.cpu_percent));
    put("memory", humanBytes(row.memory_bytes));
    put("health", row.health ?? "–");
    cells.health.classList.toggle("bad", row.health === "unhealthy");
    cells.restarts.classList.toggle("none", row.restarts === 0);
    spark.draw(this.store.peaks(id));
    actions.show(row);
  }
}

function makeRow(id: string): Row {
  const element = make("div", { role: "row", class: "row" });
  const cells: Record<string, HTMLElement> = {};
  for (const [, , name] of COLUMNS) {
    cells[name] = make("div", { role: "cell", class: `cell ${name}` });
    element.append(cells[name]);
  }
  const target = make("a", { href: linkTo(id), title: id }, id);
  const badge = make("span", { class: "badge" });
  const spark = new Spark();
  const actions = new ActionButtons(["start", "stop", "restart"]);
  const why = make("small");
  cells.id.append(target, why);
  cells.state.append(badge);
  cells.course.append(spark.element);
  cells.do.append(actions.element);
  return { element, target, cells, badge, why, spark, actions };
}
