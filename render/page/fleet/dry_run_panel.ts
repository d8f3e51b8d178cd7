import { humanCount } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { momentWords } from "../parts/time_words.ts";
import { uptimeWords } from "../parts/uptime_words.ts";
import { buttonOf, selectOf } from "./controls.ts";
import type { Choice } from "./controls.ts";
import type { FleetStore } from "./fleet_store.ts";
import { subjectLink } from "./links.ts";
import { dryRunRule } from "./rules_api.ts";
import type { DryFiring, DryRun, Rule } from "./rules_api.ts";
import { tableOf, tablePlace } from "./table.ts";

const PERIODS: readonly Choice[] = [
  ["1h", "in the last hour"],
  ["1d", "in the last day"],
  ["7d", "in the last week"],
  ["30d", "in the last 30 days"],
];
const LENGTHS: Readonly<Record<string, number>> = { "1h": 1, "1d": 24, "7d": 168, "30d": 720 };
/** What has fired most is drawn, a line each; all is counted. */
const MOST_LINES = 12;
const MOST_ROWS = 100;

/** Tries a rule on the past: how often it would have fired, where, and for how long. */
export class DryRunPanel {
  readonly element: HTMLElement;
  readonly #period: HTMLSelectElement;
  readonly #answer = make("p", { class: "answer", role: "status" });
  readonly #place = make("div", {});
  #asking = new AbortController();

  /** @param rule as it is typed @param check tells what is wrong with it, and whether it can be tried */
  constructor(
    readonly store: FleetStore,
    readonly rule: () => Partial<Rule>,
    readonly check: () => Promise<boolean>,
  ) {
    this.#period = selectOf("Over which time", PERIODS, "1h", () => void this.run());
    this.element = make(
      "section",
      { class: "dry-run" },
      make("h2", {}, "Would have fired"),
      make("div", { class: "tools" }, this.#period, buttonOf("Try it", () => void this.run())),
      this.#answer,
      this.#place,
    );
  }

  close(): void {
    this.#asking.abort();
  }

  async run(): Promise<void> {
    this.#asking.abort();
    const { signal } = this.#asking = new AbortController();
    this.#answer.textContent = "Trying it on the past …";
    this.#place.replaceChildren();
    const period = this.#period.value;
    const until = Date.now();
    try {
      if (!await this.check()) {
        this.#answer.textContent = "";
        return;
      }
      const found = await dryRunRule({ ...this.rule(), alert: this.rule().alert || "new" }, period, signal);
      this.#show(found, until - LENGTHS[period] * 3_600_000, until);
    } catch (error) {
      if (!signal.aborted) this.#answer.textContent = (error as Error).message;
    }
  }

  #show({ count, looked, left_out, firings }: DryRun, from: number, until: number): void {
    const when = PERIODS.find(([value]) => value === this.#period.value)![1];
    const times = count === 0 ? "never" : count === 1 ? "once" : `${humanCount(count)} times`;
    const rest = left_out === 0 ? "" : `, ${humanCount(left_out)} more were not examined`;
    this.#answer.replaceChildren(
      make("strong", {}, `It would have fired ${times} ${when}`),
      `, tried on ${humanCount(looked)} ${looked === 1 ? "host or task" : "hosts and tasks"}${rest}.`,
    );
    if (firings.length === 0) return this.#place.replaceChildren();
    const table = tablePlace("Firings");
    table.replaceChildren(tableOf(
      [["From"], ["For", "number"], ["What", "name"]],
      firings.slice(0, MOST_ROWS).map((one) => [
        momentWords(one.from),
        one.until === null
          ? `${uptimeWords((until - one.from) / 1_000)}, still`
          : uptimeWords((one.until - one.from) / 1_000),
        this.#linked(one),
      ]),
    ));
    const more = count > MOST_ROWS
      ? [make("p", { class: "help" }, `The first ${MOST_ROWS} are listed.`)]
      : [];
    this.#place.replaceChildren(this.#lines(firings, from, until), table, ...more);
  }

  #linked({ subject, summary }: DryFiring): Node | string {
    const href = subjectLink(this.store, subject);
    return href === null ? summary : make("a", { href }, summary);
  }

  /** A line of time for each that would have fired, with a bar for each firing; the table says the same. */
  #lines(firings: readonly DryFiring[], from: number, until: number): HTMLElement {
    const bySubject = new Map<string, DryFiring[]>();
    for (const one of firings) bySubject.set(one.subject, [...bySubject.get(one.subject) ?? [], one]);
    const most = [...bySubject.values()].sort((a, b) => b.length - a.length).slice(0, MOST_LINES);
    const rows = most.map((all) => {
      const line = make("div", { class: "when-line" });
      for (const one of all) {
        const bar = make("i");
        bar.style.left = `${(one.from - from) / (until - from) * 100}%`;
        bar.style.width = `${Math.max(0.3, ((one.until ?? until) - one.from) / (until - from) * 100)}%`;
        line.append(bar);
      }
      return make("div", {}, make("span", {}, nameOf(all[0])), line);
    });
    const left = bySubject.size - most.length;
    const rest = left > 0 ? [make("p", { class: "help" }, `and ${humanCount(left)} more`)] : [];
    return make("div", { class: "when-lines", "aria-hidden": "true" }, ...rows, ...rest);
  }
}

/** What would have fired, as short as it can be told apart. */
function nameOf({ labels, summary }: DryFiring): string {
  const { task_id, proplet_id, channel } = labels;
  if (task_id) return `${task_id} on ${proplet_id}`;
  return proplet_id ?? channel ?? summary;
}
