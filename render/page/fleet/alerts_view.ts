import { make } from "../parts/dom.ts";
import { acknowledge, readAlerts } from "./server.ts";
import type { Alert } from "./server.ts";
import { silenceWords } from "./silence_words.ts";

const REFRESH_MS = 5_000;
const PHASES = ["firing", "pending", "resolved"] as const;

/** Alerts: what fires, what may soon, and what has ended of late. */
export class AlertsView {
  readonly element: HTMLElement;
  readonly title = "Alerts";
  readonly #table = make("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Alerts" });
  readonly #states = make("div", { class: "states", role: "group", "aria-label": "Show one phase" });
  readonly #note = make("p", { class: "help", role: "status" });
  #alerts: readonly Alert[] | null = null;
  #phase: Alert["phase"] | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #shown = "";

  constructor() {
    const heading = make("h1", { tabindex: "-1" }, "Alerts");
    const tools = make("div", { class: "tools" }, this.#states);
    this.element = make("div", { class: "overview" }, heading, tools, this.#table, this.#note);
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {}

  focusSearch(): void {
    this.#states.querySelector("button")?.focus();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.#alerts = await readAlerts();
      this.#note.textContent = "";
      if (!this.#isClosed) this.#show();
    } catch (error) {
      this.#note.textContent = (error as Error).message;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#read(), REFRESH_MS);
  }

  #show(): void {
    const all = this.#alerts ?? [];
    const alerts = this.#phase === null ? all : all.filter(({ phase }) => phase === this.#phase);
    const now = Date.now();
    const ages = alerts.map(({ since }) => silenceWords(new Date(since).toISOString(), now));
    const shown = JSON.stringify([this.#phase, all, ages]);
    // What is the same stays as it is: the focus with it.
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#showPhases(all);
    if (alerts.length === 0) {
      const words = all.length === 0
        ? "Nothing fires. Rules stand under alerts: in the file of the manager."
        : "None is in this phase.";
      this.#table.replaceChildren(make("p", { class: "nothing" }, words));
      return;
    }
    const heads = ["State", "Severity", "Rule", "What", "Since", ""];
    const head = make("tr", {}, ...heads.map((title) => make("th", { scope: "col" }, title)));
    const rows = alerts.map((alert, n) => this.#row(alert, ages[n]));
    this.#table.replaceChildren(
      make("table", { class: "facts" }, make("thead", {}, head), make("tbody", {}, ...rows)),
    );
  }

  #row({ key, phase, severity, rule, summary, suppressed, acknowledged }: Alert, age: string): HTMLElement {
    const badge = (word: string) => make("span", { class: `badge ${word}` }, word);
    const known = acknowledged
      ? `known to ${acknowledged.by}`
      : suppressed
      ? [suppressed.by, suppressed.why].filter(Boolean).join(": ")
      : "";
    const last = make("td", {}, known);
    if (phase === "firing" && !acknowledged && !suppressed) {
      const button = make(
        "button",
        { type: "button", "aria-label": `Acknowledge ${rule}: ${summary}` },
        "Acknowledge",
      );
      button.addEventListener("click", () => void this.#acknowledge(key));
      last.append(button);
    }
    const cells = [badge(phase), badge(severity), rule, summary, age].map((one) => make("td", {}, one));
    return make("tr", { class: "alert-row" }, ...cells, last);
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
    this.#states.replaceChildren(...counts.map(([one, count]) => {
      const isChosen = String(one === this.#phase);
      const attributes = {
        type: "button",
        class: `badge ${one}`,
        "data-phase": one,
        "aria-pressed": isChosen,
      };
      const button = make("button", attributes, `${count} ${one}`);
      button.addEventListener("click", () => {
        this.#phase = one === this.#phase ? null : one;
        this.#show();
      });
      return button;
    }));
    if (focused) this.#states.querySelector<HTMLElement>(`[data-phase="${focused}"]`)?.focus();
  }
}
