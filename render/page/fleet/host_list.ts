import { humanPercent } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { WindowedList } from "../parts/windowed_list.ts";
import type { ListRow } from "../parts/windowed_list.ts";
import type { FleetStore } from "./fleet_store.ts";
import { hostLink } from "./links.ts";
import type { Host } from "./server.ts";
import { silenceWords } from "./silence_words.ts";

const COLUMNS: readonly (readonly [title: string, name: string])[] = [
  ["Host", "id"],
  ["Unit", "unit wide"],
  ["State", "state"],
  ["CPU", "number cpu"],
  ["Memory", "number memory"],
  ["Swap", "number swap wide"],
  ["Tasks", "number tasks wide"],
  ["Version", "version wide"],
];

interface Row extends ListRow {
  readonly cells: readonly HTMLElement[];
  readonly badge: HTMLElement;
  readonly age: HTMLElement;
}

/** Hosts as a list: what the map shows, in words and figures. */
export class HostList {
  readonly element = make("div", { class: "list hosts", role: "table", "aria-label": "Hosts" });
  readonly #list: WindowedList;
  #shown: readonly Host[] | undefined;
  #keys: readonly string[] = [];

  constructor(readonly store: FleetStore) {
    this.#list = new WindowedList({
      make: (key) => makeRow(store.host(Number(key))!),
      fill: (row, key) => this.#fill(row as Row, Number(key)),
    });
    const head = make("div", { role: "row", class: "row head", "aria-rowindex": "1" });
    for (const [title, name] of COLUMNS) {
      head.append(make("div", { role: "columnheader", class: `cell ${name}` }, title));
    }
    this.element.append(make("div", { class: "list-head", role: "rowgroup" }, head), this.#list.element);
    this.element.setAttribute("aria-colcount", String(COLUMNS.length));
  }

  show(hosts: readonly Host[]): void {
    this.element.setAttribute("aria-rowcount", String(hosts.length + 1));
    if (hosts !== this.#shown) this.#keys = hosts.map(({ id }) => String(id));
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

function makeRow(host: Host): Row {
  const element = make("div", { role: "row", class: "row" });
  const cells = COLUMNS.map(([, name]) => make("div", { role: "cell", class: `cell ${name}` }));
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
