import { make } from "../parts/dom.ts";
import { maySomewhere, readMe } from "./me.ts";
import { readRules } from "./rules_api.ts";
import type { KnownRule } from "./rules_api.ts";
import { ruleLink } from "./links.ts";
import { failIn, nothing, tableOf, tablePlace } from "./table.ts";

/** The rules of alerts: those of the manager's file, and those that people have put in. */
export class RulesView {
  readonly element: HTMLElement;
  readonly title = "Rules";
  readonly #table = tablePlace("Rules of alerts");
  /** How the files of managers differ. */
  readonly #note = make("p", { class: "help", role: "status" });
  readonly #make = make("a", { class: "button", href: ruleLink(""), hidden: "" }, "New rule");

  constructor() {
    this.element = make(
      "div",
      { class: "overview" },
      make("div", { class: "headline" }, make("h1", { tabindex: "-1" }, "Rules"), this.#make),
      make(
        "p",
        { class: "why" },
        "What alerts are raised by. A rule can be tried on the past before it holds.",
      ),
      this.#note,
      this.#table,
    );
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {}

  focusSearch(): void {
    this.#table.querySelector("a")?.focus();
  }

  close(): void {}

  async #read(): Promise<void> {
    try {
      const [{ rules, difference }, me] = await Promise.all([readRules(), readMe()]);
      this.#make.hidden = !maySomewhere(me, "editor");
      this.#show(rules);
      this.#note.textContent = difference === null ? "" : `${difference}.`;
    } catch (error) {
      failIn(this.#table, error);
    }
  }

  #show(rules: readonly KnownRule[]): void {
    if (rules.length === 0) {
      this.#table.replaceChildren(nothing("There is no rule yet."));
      return;
    }
    this.#table.replaceChildren(tableOf(
      [["Rule", "name"], ["Of", "wide"], ["Fires when", "condition"], ["For", "wide"], ["Severity"], [
        "From",
        "wide",
      ]],
      rules.map(({ rule, is_fixed, origin, note }) => [
        make("a", { href: ruleLink(rule.alert) }, rule.alert),
        rule.of,
        make(
          "div",
          {},
          make("code", {}, rule.when),
          ...note === null ? [] : [make("small", { class: "note" }, note)],
        ),
        rule.for === "0s" ? "at once" : rule.for,
        rule.enabled
          ? make("span", { class: `badge ${rule.severity}` }, rule.severity)
          : make("span", { class: "badge" }, "switched off"),
        is_fixed ? origin ?? "the file" : "here",
      ]),
    ));
  }
}
