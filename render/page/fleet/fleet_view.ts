import { humanCount } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { showStateButtons } from "../parts/state_buttons.ts";
import type { FleetStore } from "./fleet_store.ts";
import { HeatMap } from "./heat_map.ts";
import { heatOf, HEATS } from "./heat_of.ts";
import type { HeatBy } from "./heat_of.ts";
import { isWanted } from "./host_filter.ts";
import { HostList } from "./host_list.ts";
import type { Host } from "./server.ts";

/** What needs a look first. */
const PRESENCES = ["lost", "offline", "online"];

/** All hosts: as a map, or as a list of the same. */
export class FleetView {
  readonly element: HTMLElement;
  readonly title = "Fleet";
  readonly #filter = make("input", {
    type: "search",
    placeholder: "Filter  f",
    "aria-label": "Filter hosts",
  });
  readonly #states = make("div", { class: "states", role: "group", "aria-label": "Show one state" });
  readonly #count = make("p", { class: "count", role: "status" });
  readonly #map = new HeatMap("Hosts");
  readonly #list: HostList;
  readonly #colourBy = make("select", { "aria-label": "Colour by" });
  readonly #mapPlace = make("div", {});
  readonly #scale = make("p", { class: "scale" });
  readonly #empty = make("p", { class: "empty" });
  #by: HeatBy = HEATS[0];
  #state: string | null = null;
  #isList = false;
  /** The hosts that are shown, and of what they were chosen: deltas of figures alone leave them as they are. */
  #hosts: readonly Host[] = [];
  #chosenBy = "";

  constructor(readonly store: FleetStore) {
    this.#list = new HostList(store);
    this.#filter.addEventListener("input", () => this.refresh());
    const by = this.#colourBy;
    HEATS.forEach(({ title }, n) => by.append(make("option", { value: String(n) }, title)));
    by.addEventListener("change", () => {
      this.#by = HEATS[Number(by.value)];
      this.refresh();
    });
    const list = make("button", { type: "button", "aria-pressed": "false" }, "List");
    list.addEventListener("click", () => {
      this.#isList = !this.#isList;
      list.setAttribute("aria-pressed", String(this.#isList));
      this.refresh();
    });
    this.#showScale();
    this.#mapPlace.append(this.#scale, this.#map.element);
    this.element = make(
      "div",
      { class: "overview" },
      make("h1", { tabindex: "-1" }, "Fleet"),
      make("div", { class: "tools" }, this.#filter, this.#states, by, list, this.#count),
      this.#empty,
      this.#mapPlace,
      this.#list.element,
    );
    this.refresh();
  }

  /** Show what is known by now. */
  refresh(): void {
    const chosenBy = JSON.stringify([this.store.version, this.#filter.value, this.#state, this.#isList]);
    if (chosenBy !== this.#chosenBy) this.#chooseHosts();
    this.#chosenBy = chosenBy;
    if (this.#isList) this.#list.show(this.#hosts);
    else this.#map.show(heatOf(this.store, this.#hosts, this.#by));
  }

  #chooseHosts(): void {
    const all = this.store.hosts;
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((host) => isWanted(host, words));
    const hosts = this.#state === null ? found : found.filter(({ presence }) => presence === this.#state);
    this.#hosts = hosts;
    this.#count.textContent = hosts.length === all.length
      ? `${humanCount(all.length)} in all`
      : `${humanCount(hosts.length)} of ${humanCount(all.length)}`;
    this.#showStates(found);
    this.#empty.hidden = hosts.length > 0;
    this.#empty.textContent = all.length === 0
      ? "No host that you may see has been heard of yet. " +
        "proctor watch --mqtt sends what it sees to the broker of this manager."
      : "No host is like that.";
    this.#mapPlace.hidden = this.#isList || hosts.length === 0;
    this.#list.element.hidden = !this.#isList || hosts.length === 0;
    this.#colourBy.hidden = this.#isList;
  }

  restyle(): void {
    this.#map.redraw();
  }

  focusSearch(): void {
    this.#filter.focus();
  }

  close(): void {}

  #showScale(): void {
    const steps = Array.from({ length: 7 }, (_, step) => {
      const box = make("i");
      box.style.background = `var(--heat-${step})`;
      return box;
    });
    const sign = (kind: string, word: string) => make("span", {}, make("i", { class: kind }), ` ${word}`);
    const values = make("span", {}, "0% ", ...steps, " 100%");
    this.#scale.replaceChildren(
      values,
      sign("lost", "lost"),
      sign("offline", "offline"),
      sign("unknown", "no figures"),
    );
  }

  #showStates(hosts: readonly Host[]): void {
    const counts = PRESENCES.map((one) =>
      [one, hosts.filter(({ presence }) => presence === one).length] as const
    );
    const shown = counts.filter(([one, count]) => count > 0 || one === this.#state);
    const words = shown.map(([one, count]) => [one, humanCount(count)] as const);
    showStateButtons(this.#states, words, this.#state, (one) => {
      this.#state = one === this.#state ? null : one;
      this.refresh();
    });
  }
}
