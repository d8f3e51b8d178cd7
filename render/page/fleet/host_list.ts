import { humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { SortHead } from "../parts/sort_head.ts";
import type { SortColumn } from "../parts/sort_head.ts";
import { WindowedList } from "../parts/windowed_list.ts";
import type { ListRow } from "../parts/windowed_list.ts";
import type { FleetStore } from "./fleet_store.ts";
import { hostLink } from "./links.ts";
import type { Host } from "./server.ts";
import { silenceWords } from "./silence_words.ts";

/** What is not known comes last where those with most come first. */
const known = (value: number) => Number.isNaN(value) ? -1 : value;

const columnsOf = (store: FleetStore): readonly SortColumn<Host>[] => [
  ["Host", "id", ({ proplet_id }) => proplet_id],
  ["Unit", "unit wide", ({ unit }) => unit],
  ["State", "state", ({ presence }) => presence],
  ["CPU", "number cpu", ({ id }) => known(store.figures(id).cpu_percent)],
  ["Memory", "number memory", ({ id }) => known(store.figures(id).memory_percent)],
  ["Swap", "number swap wide", ({ id }) => known(store.figures(id).swap_percent)],
  ["Tasks", "number tasks wide", ({ task_count }) => task_count],
  ["Version", "version wide", ({ version }) => version ?? ""],
];
/** The order of thousands is found anew so often: to find it takes the better part of a frame. */
const ORDER_EVERY_MS = 3_000;

interface Row extends ListRow {
  readonly cells: readonly HTMLElement[];
  readonly badge: HTMLElement;
  readonly age: HTMLElement;
}

/** Hosts as a list: what the map shows, in words and figures. */
export class HostList {
  readonly element = make("div", { class: "list hosts", role: "table", "aria-label": "Hosts" });
  readonly #list: WindowedList;
  readonly #head: SortHead<Host>;
  #shown: readonly Host[] | undefined;
  #keys: readonly string[] = [];
  #orderedAt = -Infinity;

  constructor(readonly store: FleetStore) {
    const columns = columnsOf(store);
    this.#list = new WindowedList({
      make: (key) => makeRow(store.host(Number(key))!, columns),
      fill: (row, key) => this.#fill(row as Row, Number(key)),
    });
    this.#head = new SortHead(columns, null, () => {
      const hosts = this.#shown;
      this.#shown = undefined;
      if (hosts) this.show(hosts);
    });
    const head = make("div", { class: "list-head", role: "rowgroup" }, this.#head.element);
    this.element.append(head, this.#list.element);
    this.element.setAttribute("aria-colcount", String(columns.length));
  }

  show(hosts: readonly Host[]): void {
    this.element.setAttribute("aria-rowcount", String(hosts.length + 1));
    const now = performance.now();
    const isOld = this.#head.isByFigures && now - this.#orderedAt >= ORDER_EVERY_MS;
    if (hosts !== this.#shown || isOld) {
      this.#keys = this.#head.sorted(hosts).map(({ id }) => String(id));
      this.#orderedAt = now;
    }
    this.#shown = hosts;
    this.#list.show(this.#keys);
  }

  focusFirst(): void {
    this.#list.focusFirst();
  }

  #fill({ element, cells, badge, age }: Row, id: number): void {
    const host = this.store.host(id);
    if (!host) return;
    const { cpu_percent, memory_percent, swap_percent } = this.store.figures(id);
    const known = (value: number) => Number.isNaN(value) ? null : value;
    if (badge.textContent !== host.presence) {
      badge.textContent = host.presence;
      badge.className = `badge ${host.presence}`;
    }
    // Figures of a host that speaks no more are as old as its last word.
    const silence = host.presence === "online" ? "" : silenceWords(host.last_seen, Date.now());
    if (age.textContent !== silence) age.textContent = silence;
    element.classList.toggle("stale", host.presence !== "online");
    const texts = [
      humanPercent(known(cpu_percent)),
      humanPercent(known(memory_percent)),
      humanPercent(known(swap_percent)),
      String(host.task_count),
      host.version ?? "",
    ];
    texts.forEach((text, n) => {
      if (cells[n + 3].textContent !== text) cells[n + 3].textContent = text;
    });
  }
}

function makeRow(host: Host, columns: readonly SortColumn<Host>[]): Row {
  const element = make("div", { role: "row", class: "row" });
  const cells = columns.map(([, name]) => make("div", { role: "cell", class: `cell ${name}` }));
  const target = make("a", { href: hostLink(host), title: host.proplet_id }, host.proplet_id);
  const badge = make("span", { class: "badge" });
  const age = make("small");
  cells[0].append(target);
  cells[1].append(host.unit);
  cells[1].title = host.unit;
  cells[2].append(badge, " ", age);
  element.append(...cells);
  return { element, target, cells, badge, age };
}
