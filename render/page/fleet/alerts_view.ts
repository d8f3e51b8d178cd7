import { humanCount } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { AlertList } from "./alert_list.ts";
import type { FleetStore } from "./fleet_store.ts";
import { acknowledge, readAlerts } from "./server.ts";
import type { Alert } from "./server.ts";

const REFRESH_MS = 5_000;
const PHASES = ["firing", "pending", "resolved"] as const;

/** Alerts: what fires, what may soon, and what has ended of late. */
export class AlertsView {
  readonly element: HTMLElement;
  readonly title = "Alerts";
  readonly #filter = make("input", {
    type: "search",
    placeholder: "Filter  f",
    "aria-label": "Filter alerts",
  });
  readonly #list: AlertList;
  readonly #nothing = make("p", { class: "empty" }, "Asking …");
  readonly #states = make("div", { class: "states", role: "group", "aria-label": "Show one phase" });
  readonly #note = make("p", { class: "help", role: "status" });
  #alerts: readonly Alert[] | null = null;
  #phase: Alert["phase"] | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #shownPhases = "";

  constructor(store: FleetStore) {
    this.#list = new AlertList(store, ({ key }) => void this.#acknowledge(key));
    this.#list.element.hidden = true;
    this.#filter.addEventListener("input", () => this.#show());
    const heading = make("h1", { tabindex: "-1" }, "Alerts");
    const tools = make("div", { class: "tools" }, this.#filter, this.#states);
    this.element = make(
      "div",
      { class: "overview" },
      heading,
      tools,
      this.#note,
      this.#nothing,
      this.#list.element,
    );
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {}

  focusSearch(): void {
    this.#filter.focus();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      if (!document.hidden) this.#alerts = await readAlerts();
      this.#note.textContent = "";
      if (!this.#isClosed) this.#show();
    } catch (error) {
      this.#note.textContent = (error as Error).message;
      this.#nothing.hidden ||= this.#alerts === null;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#read(), REFRESH_MS);
  }

  #show(): void {
    const all = this.#alerts;
    // Before they are known nothing can be told of them.
    if (all === null) return;
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = words.length === 0 ? all : all.filter(({ summary, rule, severity }) => {
      const text = `${summary} ${rule} ${severity}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const alerts = this.#phase === null ? wanted : wanted.filter(({ phase }) => phase === this.#phase);
    this.#showPhases(wanted);
    this.#list.element.hidden = alerts.length === 0;
    this.#nothing.hidden = alerts.length > 0;
    this.#nothing.textContent = all.length === 0
      ? "Nothing fires, and nothing has of late. What may fire stands under Rules."
      : "No alert is like that.";
    this.#list.show(alerts);
  }

  async #acknowledge(key: string): Promise<void> {
    try {
      await acknowledge(key);
      await this.#read();
    } catch (error) {
      this.#note.textContent = (error as Error).message;
    }
  }

  #showPhases(alerts: readonly Alert[]): void {
    const counts = PHASES.map((one) => [one, alerts.filter(({ phase }) => phase === one).length] as const);
    const focused = (document.activeElement as HTMLElement | null)?.dataset.phase;
    const shown = JSON.stringify([this.#phase, counts]);
    if (shown === this.#shownPhases) return;
    this.#shownPhases = shown;
    this.#states.replaceChildren(...counts.map(([one, count]) => {
      const isChosen = String(one === this.#phase);
      const attributes = {
        type: "button",
        class: `badge ${one}`,
        "data-phase": one,
        "aria-pressed": isChosen,
      };
      const button = make("button", attributes, `${humanCount(count)} ${one}`);
      button.addEventListener("click", () => {
        this.#phase = one === this.#phase ? null : one;
        this.#show();
      });
      return button;
    }));
    if (focused) this.#states.querySelector<HTMLElement>(`[data-phase="${focused}"]`)?.focus();
  }
}
