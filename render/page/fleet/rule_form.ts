import { make } from "../parts/dom.ts";
import { describe, fieldOf, selectOf } from "./controls.ts";
import type { Choice } from "./controls.ts";
import type { Rule, RuleFault } from "./rules_api.ts";
import { faultPlace, listText, readList, readWhere, whereText } from "./rule_text.ts";

const OF: readonly Choice[] = [
  ["task", "each task"],
  ["host", "each host"],
  ["agent", "each agent"],
  ["unit", "each channel as a whole"],
  ["fleet", "the fleet as a whole"],
];
const SEVERITIES: readonly Choice[] = [["info", "info"], ["warning", "warning"], ["critical", "critical"]];
const NO_DATA: readonly Choice[] = [["keep", "stays as it is"], ["resolve", "ends"], ["fire", "fires"]];

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A new rule, as the form begins with it. */
export const NEW_RULE: Rule = {
  alert: "",
  of: "task",
  where: {},
  when: "",
  for: "1m",
  keep: "0s",
  no_data: "keep",
  group: ["domain", "channel"],
  severity: "warning",
  inhibited_by: [],
  planned: false,
  enabled: true,
};

/** The fields of a rule. What is faulty is told at the field. */
export class RuleForm {
  readonly element: HTMLFormElement;
  readonly #controls: Readonly<Record<string, Control>>;
  readonly #faults = new Map<string, HTMLElement>();
  readonly #general = make("p", { class: "bad", role: "alert" });

  /** @param changed when something is typed */
  constructor(rule: Rule, isNameFixed: boolean, isReadOnly: boolean, changed: () => void) {
    const input = (value: string, more: Record<string, string> = {}) =>
      make("input", { type: "text", autocomplete: "off", spellcheck: "false", value, ...more });
    const area = (value: string, rows: number) => {
      const element = make("textarea", { rows: String(rows), spellcheck: "false", maxlength: "2000" });
      element.value = value;
      return element;
    };
    const check = (isOn: boolean) => make("input", { type: "checkbox", ...(isOn && { checked: "" }) });
    const controls: Record<string, Control> = this.#controls = {
      alert: input(rule.alert, { maxlength: "64", placeholder: "memory_high" }),
      of: selectOf("What it is about", OF, rule.of, changed),
      when: area(rule.when, 2),
      until: input(rule.until ?? "", { placeholder: "that it is no longer true" }),
      for: input(rule.for),
      severity: selectOf("Severity", SEVERITIES, rule.severity, changed),
      where: area(whereText(rule.where), 2),
      summary: input(rule.summary ?? "", { maxlength: "500", placeholder: "{subject}: {value}" }),
      keep: input(rule.keep),
      no_data: selectOf("Without figures it", NO_DATA, rule.no_data, changed),
      group: input(listText(rule.group)),
      notify: input(listText(rule.notify ?? []), { placeholder: "all of them" }),
      inhibited_by: input(listText(rule.inhibited_by)),
      planned: check(rule.planned),
      enabled: check(rule.enabled),
    };
    if (isNameFixed) controls.alert.setAttribute("readonly", "");
    const field = (key: string, label: string, help = "") => this.#field(key, label, help);
    const more = make(
      "details",
      { class: "more" },
      make("summary", {}, "More"),
      make(
        "div",
        { class: "fields" },
        field("keep", "Stays, after it was true, for"),
        field("no_data", "Without figures it"),
        field("group", "Grouped by"),
        field("notify", "Sent to", "names of destinations"),
        field("inhibited_by", "Inhibited by", "names of rules that fire for the same"),
        this.#tick("planned", "Also what has said itself that it goes"),
      ),
    );
    this.element = make(
      "form",
      { class: "rule-form" },
      make(
        "div",
        { class: "fields" },
        field("alert", "Name"),
        field("of", "About"),
        field("severity", "Severity"),
      ),
      field("when", "Fires when", "such as avg(memory_bytes, 5m) > 2G and not absent"),
      make("div", { class: "fields" }, field("until", "Ends when"), field("for", "True for at least")),
      field("where", "Only where", "a line each: target = web-*, domain = factory; nothing: everything"),
      field("summary", "Text of the alert", "{task_id}, {proplet_id}, {value}, or a label"),
      more,
      this.#tick("enabled", "Switched on"),
      this.#general,
    );
    this.element.addEventListener("input", changed);
    this.element.addEventListener("submit", (event) => event.preventDefault());
    if (isReadOnly) { for (const control of Object.values(controls)) control.disabled = true; }
  }

  /** The rule as it is typed. */
  get rule(): Partial<Rule> {
    const text = (key: string) => this.#controls[key].value.trim();
    const isOn = (key: string) => (this.#controls[key] as HTMLInputElement).checked;
    const optional = (key: "until" | "summary") => text(key) === "" ? {} : { [key]: text(key) };
    const notify = readList(text("notify"));
    return {
      ...{ alert: text("alert"), of: text("of"), when: text("when"), severity: text("severity") },
      ...{ for: text("for"), keep: text("keep"), no_data: text("no_data"), where: readWhere(text("where")) },
      ...{ group: readList(text("group")), inhibited_by: readList(text("inhibited_by")) },
      ...{ planned: isOn("planned"), enabled: isOn("enabled"), ...optional("until"), ...optional("summary") },
      ...(notify.length > 0 && { notify }),
    };
  }

  /** Tell what is wrong. */
  tell(found: readonly RuleFault[]): void {
    const faults = new Map<string, string>();
    for (const { key, message } of found) {
      const place = this.#faults.has(key) ? key : "";
      const before = faults.get(place);
      faults.set(place, before === undefined ? message : `${before}; ${message}`);
    }
    for (const [key, place] of this.#faults) {
      const fault = faults.get(key) ?? "";
      const control = this.#controls[key];
      control.setAttribute("aria-invalid", String(fault !== ""));
      const at = faultPlace(fault);
      // Below a condition of one line a mark points at the character.
      const isShown = at !== null && !control.value.includes("\n") && control.value.length <= 80;
      const words = isShown
        ? [make("code", { "aria-hidden": "true" }, pointed(control.value, at)), fault]
        : [fault];
      place.replaceChildren(...words.filter((one) => one !== ""));
    }
    this.#general.textContent = faults.get("") ?? "";
  }

  focus(): void {
    this.#controls.when.focus();
  }

  #field(key: string, label: string, help: string): HTMLDivElement {
    const fault = make("span", { class: "fault" });
    const control = this.#controls[key];
    this.#faults.set(key, fault);
    const element = fieldOf(label, control, help);
    describe(element, control, fault);
    return element;
  }

  #tick(key: string, label: string): HTMLLabelElement {
    return make("label", { class: "tick" }, this.#controls[key], ` ${label}`);
  }
}

function pointed(text: string, at: number): string {
  return `${text}\n${" ".repeat(at)}▲`;
}
