import { humanCount } from "../../words/units.ts";
import { make } from "../parts/dom.ts";
import { ask } from "../parts/question.ts";
import { putNotifier, readLetters, readNotifiers, removeNotifier, retryLetter } from "./access_api.ts";
import type { Letter, Notifier } from "./access_api.ts";
import { buttonOf, fieldOf, selectOf } from "./controls.ts";
import { SettingsSection } from "./settings_section.ts";
import { silenceWords } from "./silence_words.ts";
import { nothing, tableOf, tablePlace } from "./table.ts";

/** What is reached by an address alone; the others stand in the manager's file. */
const KINDS = ["webhook", "ntfy", "slack", "alertmanager"] as const;
const SEVERITIES = ["info", "warning", "critical"] as const;
/** Those that nobody takes any more come first. */
const MOST_LETTERS = 50;

/** Destinations of alerts, and notices that nobody has taken. */
export class NotifierSection extends SettingsSection {
  readonly #name = make("input", { type: "text", maxlength: "64", required: "", autocomplete: "off" });
  readonly #url = make("input", { type: "url", required: "", maxlength: "2000", placeholder: "https://" });
  readonly #kind = selectOf("Kind", KINDS.map((one) => [one, one]), "webhook", () => {});
  readonly #severity = selectOf("Alerts from", SEVERITIES.map((one) => [one, one]), "info", () => {});
  readonly #letters = tablePlace("Notices that wait");
  readonly #form: HTMLDetailsElement;

  /** @param mayChange whether who looks is an admin of all domains */
  constructor(mayChange: boolean) {
    super(
      "Destinations of alerts",
      "What they are reached by is not shown. Letters and programs stand in the manager's file.",
    );
    const form = make(
      "form",
      { class: "settings-form" },
      make(
        "div",
        { class: "fields" },
        fieldOf("Name", this.#name),
        fieldOf("Kind", this.#kind),
        fieldOf("Address", this.#url),
        fieldOf("Alerts from", this.#severity),
      ),
      make("button", { type: "submit", class: "main" }, "Save the destination"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
    this.#form = this.form("New destination", form);
    this.#form.hidden = !mayChange;
    this.element.append(
      this.#form,
      make("h3", { class: "sub" }, "Notices that wait, and those that could not be delivered"),
      this.#letters,
    );
  }

  protected async show(): Promise<void> {
    const notifiers = await readNotifiers();
    this.table.replaceChildren(
      notifiers.length === 0 ? nothing("Alerts are sent nowhere.") : tableOf(
        [["Name", "name"], ["Kind"], ["Alerts from"], ["Stands in"], ["", "number"]],
        notifiers.map((one) => [
          one.name,
          one.kind,
          make("span", { class: `badge ${one.severity}` }, one.severity),
          one.is_fixed ? "the file" : "the store",
          one.is_fixed || this.#form.hidden
            ? ""
            : buttonOf("Remove", () => void this.#remove(one), { "aria-label": `Remove ${one.name}` }),
        ]),
      ),
    );
    const { waiting, dead } = await readLetters();
    const all = [...dead.map((one) => [one, true] as const), ...waiting.map((one) => [one, false] as const)];
    this.#letters.replaceChildren(
      all.length === 0 ? nothing("There is none.") : tableOf(
        [
          ["Notice", "condition"],
          ["To"],
          ["Made", "number"],
          ["Tried", "number"],
          ["What stood in its way"],
          [
            "",
            "number",
          ],
        ],
        all.slice(0, MOST_LETTERS).map(([letter, isDead]) => this.#letterRow(letter, isDead)),
      ),
      ...all.length > MOST_LETTERS
        ? [make("p", { class: "help" }, `and ${humanCount(all.length - MOST_LETTERS)} more`)]
        : [],
    );
  }

  #letterRow(letter: Letter, isDead: boolean) {
    const { id, title, notifier, created_at, attempts, fault } = letter;
    const retry = () => void this.act(() => retryLetter(id));
    return [
      title,
      notifier,
      silenceWords(new Date(created_at).toISOString(), Date.now()),
      String(attempts),
      fault ?? "",
      isDead ? buttonOf("Try again", retry, { "aria-label": `Try again ${title}` }) : "waits",
    ];
  }

  async #save(): Promise<void> {
    const [name, kind, url, severity] = [this.#name, this.#kind, this.#url, this.#severity].map(({ value }) =>
      value.trim()
    );
    if (!await this.act(() => putNotifier(name, kind, url, severity))) return;
    this.#form.open = false;
    this.#name.value = this.#url.value = "";
  }

  async #remove({ name }: Notifier): Promise<void> {
    const text = "It gets no more alerts.";
    if (await ask({ title: `Remove ${name}?`, text, doIt: "Remove" })) {
      await this.act(() => removeNotifier(name));
    }
  }
}
