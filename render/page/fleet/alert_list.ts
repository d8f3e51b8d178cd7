import { make } from "../parts/dom.ts";
import { SortHead } from "../parts/sort_head.ts";
import type { SortColumn } from "../parts/sort_head.ts";
import { WindowedList } from "../parts/windowed_list.ts";
import type { ListRow } from "../parts/windowed_list.ts";
import type { FleetStore } from "./fleet_store.ts";
import { subjectLink } from "./links.ts";
import type { Alert } from "./server.ts";
import { silenceWords } from "./silence_words.ts";

const PHASES = ["firing", "pending", "resolved"];
const SEVERITIES = ["critical", "warning", "info"];

const COLUMNS: readonly SortColumn<Alert>[] = [
  ["What", "id", ({ summary }) => summary],
  ["Rule", "by-rule wide", ({ rule }) => rule],
  ["State", "state", ({ phase }) => PHASES.indexOf(phase)],
  ["Severity", "severity", ({ severity }) => SEVERITIES.indexOf(severity)],
  ["Since", "since wide", ({ since }) => -since],
  ["Known", "known", null],
];

interface Row extends ListRow {
  readonly cells: readonly HTMLElement[];
  readonly phase: HTMLElement;
  readonly severity: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly known: HTMLElement;
}

/** Alerts as a list, of which thousands may be there. */
export class AlertList {
  readonly element = make("div", { class: "list alerts", role: "table", "aria-label": "Alerts" });
  readonly #list: WindowedList;
  readonly #head = new SortHead(COLUMNS, null, () => this.show(this.#given));
  /** As they came: those that matter most first. */
  #given: readonly Alert[] = [];
  #alerts = new Map<string, Alert>();

  /** @param acknowledge says to the manager that somebody knows of an alert */
  constructor(readonly store: FleetStore, readonly acknowledge: (alert: Alert) => void) {
    this.#list = new WindowedList({
      make: (key) => this.#make(this.#alerts.get(key)!),
      fill: (row, key) => fill(row as Row, this.#alerts.get(key)!),
    });
    const head = make("div", { class: "list-head", role: "rowgroup" }, this.#head.element);
    this.element.append(head, this.#list.element);
    this.element.setAttribute("aria-colcount", String(COLUMNS.length));
  }

  show(alerts: readonly Alert[]): void {
    this.#given = alerts;
    this.#alerts = new Map(this.#head.sorted(alerts).map((alert) => [alert.key, alert]));
    this.element.setAttribute("aria-rowcount", String(alerts.length + 1));
    this.#list.show([...this.#alerts.keys()]);
  }

  #make({ key, summary, subject }: Alert): Row {
    const element = make("div", { role: "row", class: "row" });
    const cells = COLUMNS.map(([, name]) => make("div", { role: "cell", class: `cell ${name}` }));
    const link = subjectLink(this.store, subject);
    const attributes = { class: "what", title: summary };
    const target = link === null
      ? make("span", { ...attributes, tabindex: "-1" }, summary)
      : make("a", { ...attributes, href: link }, summary);
    const [phase, severity] = [make("span", { class: "badge" }), make("span", { class: "badge" })];
    const button = make("button", { type: "button" }, "Acknowledge");
    button.addEventListener("click", () => this.acknowledge(this.#alerts.get(key)!));
    const known = make("span");
    cells[0].append(target);
    cells[2].append(phase);
    cells[3].append(severity);
    cells[5].append(button, known);
    element.append(...cells);
    return { element, target, cells, phase, severity, button, known };
  }
}

function fill({ target, cells, phase, severity, button, known }: Row, alert: Alert): void {
  const put = (element: HTMLElement, text: string) => {
    if (element.textContent !== text) element.textContent = text;
  };
  put(target, alert.summary);
  put(cells[1], alert.rule);
  for (const [badge, word] of [[phase, alert.phase], [severity, alert.severity]] as const) {
    put(badge, word);
    badge.className = `badge ${word}`;
  }
  put(cells[4], silenceWords(new Date(alert.since).toISOString(), Date.now()));
  const { acknowledged, suppressed } = alert;
  const words = acknowledged
    ? `known to ${acknowledged.by}`
    : suppressed
    ? [suppressed.by, suppressed.why].filter(Boolean).join(": ")
    : "";
  put(known, words);
  known.title = acknowledged?.note || words;
  button.hidden = words !== "" || alert.phase !== "firing";
  button.setAttribute("aria-label", `Acknowledge ${alert.rule}: ${alert.summary}`);
}
