import { make } from "../parts/dom.ts";
import { ask } from "../parts/question.ts";
import { buttonOf } from "./controls.ts";
import { DryRunPanel } from "./dry_run_panel.ts";
import type { FleetStore } from "./fleet_store.ts";
import { ruleLink } from "./links.ts";
import { maySomewhere, readMe } from "./me.ts";
import { NEW_RULE, RuleForm } from "./rule_form.ts";
import { checkRule, readRules, removeRule, saveRule } from "./rules_api.ts";
import type { KnownRule, Rule } from "./rules_api.ts";

/** What is typed is checked so long after the last key. */
const CHECK_AFTER_MS = 500;

/** One rule: read, changed, tried on the past, and saved. */
export class RuleView {
  readonly element: HTMLElement;
  readonly title: string;
  readonly #place = make("div", { class: "rule" });
  readonly #why = make("p", { class: "why", role: "status" });
  #form: RuleForm | null = null;
  #dryRun: DryRunPanel | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #checked = 0;

  /** @param name of the rule; empty: a new one @param copied a rule that the new one begins as */
  constructor(readonly store: FleetStore, readonly name: string, readonly copied = "") {
    this.title = name || "New rule";
    this.element = make(
      "div",
      { class: "overview" },
      make("p", { class: "back" }, make("a", { href: "#/rules" }, "← Rules")),
      make("h1", { tabindex: "-1" }, this.title),
      this.#why,
      this.#place,
    );
    void this.#read();
  }

  refresh(): void {}

  restyle(): void {}

  focusSearch(): void {
    this.#form?.focus();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#dryRun?.close();
  }

  async #read(): Promise<void> {
    try {
      const [{ rules }, me] = await Promise.all([readRules(), readMe()]);
      const known = rules.find(({ rule }) => rule.alert === (this.name || this.copied));
      if (this.name !== "" && !known) this.#why.textContent = "There is no rule of this name.";
      else this.#open(known, maySomewhere(me, "editor"));
    } catch (error) {
      this.#why.textContent = (error as Error).message;
    }
  }

  #open(known: KnownRule | undefined, mayEdit: boolean): void {
    const isNew = this.name === "";
    const isFixed = !isNew && known!.is_fixed;
    const rule: Rule = isNew && known
      ? { ...known.rule, alert: `${known.rule.alert}_2` }
      : known?.rule ?? NEW_RULE;
    const form = this.#form = new RuleForm(rule, !isNew, isFixed || !mayEdit, () => this.#checkSoon());
    const dryRun = this.#dryRun = new DryRunPanel(this.store, () => form.rule, () => this.#check());
    const buttons = make("div", { class: "tools" });
    if (mayEdit && !isFixed) buttons.append(buttonOf("Save", () => void this.#save(), { class: "main" }));
    if (mayEdit && !isNew) {
      buttons.append(make("a", { class: "button", href: ruleLink("", this.name) }, "Copy"));
    }
    if (mayEdit && !isNew && !isFixed) buttons.append(buttonOf("Remove", () => void this.#remove()));
    this.#why.textContent = isFixed
      ? `It is of ${
        known!.origin ?? "the manager's file"
      }, and is changed there; it can be tried, and copied.`
      : known?.note ?? "";
    this.#place.replaceChildren(make("section", {}, form.element, buttons), dryRun.element);
    if (rule.when !== "") void dryRun.run();
  }

  #checkSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // What cannot be checked now is checked when it is saved.
      this.#check().catch(() => false);
    }, CHECK_AFTER_MS);
  }

  /** Tell what is wrong with what is typed. @returns whether nothing is, but perhaps that it has no name yet */
  async #check(): Promise<boolean> {
    const checked = ++this.#checked;
    const { rule } = this.#form!;
    // Who has not yet come to a field has done nothing wrong there.
    if (!rule.when) return false;
    const faults = await checkRule({ ...rule, alert: rule.alert || "new" });
    if (checked === this.#checked) this.#form!.tell(faults);
    return faults.length === 0;
  }

  async #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#checked++;
    this.#why.textContent = "";
    try {
      const { rule } = this.#form!;
      const faults = await checkRule(rule);
      this.#form!.tell(faults);
      if (faults.length > 0) return;
      await saveRule(rule);
      if (this.name === "") location.hash = ruleLink(rule.alert!);
      else this.#why.textContent = "Saved: it holds from now on.";
    } catch (error) {
      this.#form!.tell([{ key: "", message: (error as Error).message }]);
    }
  }

  async #remove(): Promise<void> {
    const question = {
      title: `Remove ${this.name}?`,
      text: "Alerts that it has raised end.",
      doIt: "Remove",
    };
    if (!await ask(question)) return;
    try {
      await removeRule(this.name);
      location.hash = "#/rules";
    } catch (error) {
      this.#why.textContent = (error as Error).message;
    }
  }
}
