import { announce, make } from "../parts/dom.ts";
import type { FleetStore } from "./fleet_store.ts";
import { hostLink, numberLink, ruleLink, targetLink } from "./links.ts";
import { searchAll } from "./search_api.ts";
import type { FoundAll } from "./search_api.ts";
import { silenceWords } from "./silence_words.ts";

/** Of each kind. */
const LIMIT = 8;
const ASK_AFTER_MS = 120;
const VIEWS: readonly Item[] = [
  ["Fleet", "all hosts", "#/"],
  ["Top", "who used most", "#/top"],
  ["Compare", "two of a kind, or now and before", "#/compare"],
  ["Alerts", "what fires", "#/alerts"],
  ["Rules", "what alerts are raised by", "#/rules"],
  ["Ingest", "how messages are taken in", "#/ingest"],
  ["Settings", "tokens, users, destinations, retention", "#/settings"],
].map(([title, about, href]) => ({ title, about, href }));

/** Something that can be gone to. */
interface Item {
  readonly title: string;
  readonly about: string;
  readonly href: string;
}

type Group = readonly [title: string, items: readonly Item[]];
const NOTHING = "Nothing has all of these words.";

/** Views that have a text in their title. */
function viewsOf(text: string): Group[] {
  const views = VIEWS.filter(({ title }) => title.toLowerCase().includes(text));
  return views.length === 0 ? [] : [["Go to", views]];
}

/** Searches everything: hosts, tasks, targets, rules, runs and the views themselves; the keys choose what is found. */
export class SearchDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #input = make("input", {
    ...{ type: "text", role: "combobox", "aria-label": "Search everything", "aria-expanded": "true" },
    ...{ "aria-controls": "found", "aria-autocomplete": "list", autocomplete: "off", maxlength: "200" },
    placeholder: "Hosts, tasks, targets, rules, runs …",
  });
  readonly #list = make("div", { id: "found", role: "listbox", "aria-label": "Found", tabindex: "-1" });
  readonly #note = make("p", { class: "help", role: "status" });
  #options: HTMLElement[] = [];
  #chosen = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor(readonly store: FleetStore) {
    const keys = make("p", { class: "help keys" }, "↑ ↓ choose, Enter opens, Esc closes");
    this.#dialog = make(
      "dialog",
      { class: "search", "aria-label": "Search" },
      this.#input,
      this.#list,
      this.#note,
      keys,
    );
    document.body.append(this.#dialog);
    this.#input.addEventListener("input", () => this.#askSoon());
    this.#dialog.addEventListener("keydown", (event) => this.#press(event));
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#asking.abort());
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#input.value = "";
    this.#show(viewsOf(""));
    this.#dialog.showModal();
    this.#input.focus();
  }

  #press(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      this.#choose((this.#chosen + step + this.#options.length) % Math.max(1, this.#options.length));
      announce(this.#options[this.#chosen]?.textContent ?? "");
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#options[this.#chosen]?.click();
    }
  }

  #askSoon(): void {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#timer = setTimeout(() => void this.#ask(), ASK_AFTER_MS);
    // What was found for other words is nothing that Enter may open.
    const text = this.#input.value.trim().toLowerCase();
    this.#show(viewsOf(text), text === "" ? "" : "Searching …");
  }

  async #ask(): Promise<void> {
    this.#asking.abort();
    const { signal } = this.#asking = new AbortController();
    const text = this.#input.value.trim();
    if (text === "") return this.#show(viewsOf(""));
    try {
      const found = await searchAll(text, LIMIT, signal);
      if (!signal.aborted) this.#show(this.#groupsOf(found, text.toLowerCase()));
    } catch (error) {
      if (signal.aborted) return;
      this.#show(viewsOf(text.toLowerCase()), (error as Error).message);
    }
  }

  #groupsOf({ hosts, tasks, targets, rules, runs }: FoundAll, text: string): Group[] {
    const now = Date.now();
    const ofHosts = hosts.flatMap(({ agent }) => {
      const host = this.store.host(agent);
      return host
        ? [{ title: host.proplet_id, about: `${host.unit}, ${host.presence}`, href: hostLink(host) }]
        : [];
    });
    const groups: Group[] = [
      ...viewsOf(text),
      ["Hosts", ofHosts],
      [
        "Targets",
        targets.map(({ name, count }) => ({
          title: name,
          about: `${count} ${count === 1 ? "task" : "tasks"}`,
          href: targetLink(name),
        })),
      ],
      [
        "Tasks",
        tasks.map(({ id, task_id, host, target, state }) => ({
          title: task_id,
          about: [`on ${host}`, target, state].filter(Boolean).join(", "),
          href: numberLink(id),
        })),
      ],
      ["Rules", rules.map((name) => ({ title: name, about: "a rule of alerts", href: ruleLink(name) }))],
      [
        "Runs",
        runs.map(({ task, task_id, host, ended, state, error }) => ({
          title: `${task_id} on ${host}`,
          about: `${state} ${silenceWords(new Date(ended).toISOString(), now)}${error ? `: ${error}` : ""}`,
          href: numberLink(task),
        })),
      ],
    ];
    return groups.filter(([, items]) => items.length > 0);
  }

  #show(groups: readonly Group[], note = NOTHING): void {
    this.#options = [];
    this.#list.replaceChildren(...groups.map(([title, items], group) => {
      const heading = make("p", { id: `found-${group}`, role: "presentation" }, title);
      return make(
        "div",
        { role: "group", "aria-labelledby": heading.id },
        heading,
        ...items.map((item) => this.#optionOf(item)),
      );
    }));
    const count = this.#options.length;
    this.#note.textContent = note === NOTHING && count > 0 ? "" : note;
    this.#choose(0);
  }

  #optionOf({ title, about, href }: Item): HTMLElement {
    const n = this.#options.length;
    const option = make(
      "div",
      { role: "option", id: `option-${n}`, "aria-selected": "false" },
      make("span", {}, title),
      " ",
      make("small", {}, about),
    );
    option.addEventListener("click", () => {
      this.#dialog.close();
      location.hash = href;
    });
    option.addEventListener("pointermove", () => n !== this.#chosen && this.#choose(n));
    this.#options.push(option);
    return option;
  }

  #choose(at: number): void {
    this.#options[this.#chosen]?.setAttribute("aria-selected", "false");
    this.#chosen = at;
    const option = this.#options[at];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }
}
