import { make } from "../parts/dom.ts";
import type { SubjectKind } from "./compare_question.ts";
import type { FleetStore } from "./fleet_store.ts";
import { searchAll } from "./search_api.ts";
import { readTask } from "./server.ts";

const MOST_SUGGESTIONS = 30;
const ASK_AFTER_MS = 150;
let count = 0;

/** Where a task, a host, or what else can be compared is named; what fits is suggested. */
export class SubjectField {
  readonly element: HTMLLabelElement;
  readonly #words: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #list: HTMLDataListElement;
  readonly #numbers = new Map<string, number>();
  #kind: SubjectKind = "all";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  /** @param changed when something else is named */
  constructor(readonly store: FleetStore, label: string, swatch: string, readonly changed: () => void) {
    const id = `subjects-${++count}`;
    this.#list = make("datalist", { id });
    this.#input = make("input", { type: "text", list: id, autocomplete: "off", maxlength: "300" });
    const mark = make("i", { class: "swatch" });
    mark.style.setProperty("--swatch", `var(${swatch})`);
    this.#words = make("span", {}, mark, label);
    this.element = make("label", { class: "field" }, this.#words, this.#input, this.#list);
    this.#input.addEventListener("input", () => this.#suggestSoon());
    this.#input.addEventListener("focus", () => this.#suggestSoon());
    this.#input.addEventListener("change", () => this.changed());
  }

  /** The number or name of what is named; empty where that is nothing that is known. */
  get value(): string {
    const text = this.#input.value.trim();
    if (this.#kind !== "task" && this.#kind !== "host") return text;
    const number = this.#numbers.get(text) ?? (this.#kind === "host" ? this.#hostOf(text) : undefined);
    return number === undefined ? "" : String(number);
  }

  /** How it is called. */
  get words(): string {
    return this.#input.value.trim();
  }

  /** Let it be of a kind, and name something of it. */
  async set(kind: SubjectKind, value: string): Promise<void> {
    this.#kind = kind;
    this.element.hidden = kind === "all";
    this.#input.placeholder = { unit: "domain/channel", all: "" }[kind as "unit"] ?? `name of a ${kind}`;
    this.#list.replaceChildren();
    this.#numbers.clear();
    this.#input.value = "";
    if (value === "") return;
    try {
      const text = await this.#wordsOf(value);
      this.#input.value = text;
      if (kind === "task" || kind === "host") this.#numbers.set(text, Number(value));
    } catch {
      // It was named by an address, and is not known any more: then nothing is named.
    }
  }

  focus(): void {
    this.#input.focus();
  }

  async #wordsOf(value: string): Promise<string> {
    if (this.#kind === "task") {
      const { task_id, host } = await readTask(Number(value));
      return `${task_id} on ${host}`;
    }
    return this.#kind === "host" ? this.store.host(Number(value))?.proplet_id ?? "" : value;
  }

  #hostOf(text: string): number | undefined {
    return this.store.hosts.find(({ proplet_id, unit }) =>
      proplet_id === text || `${proplet_id} of ${unit}` === text
    )?.id;
  }

  #suggestSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#suggest(), ASK_AFTER_MS);
  }

  async #suggest(): Promise<void> {
    const asked = ++this.#asked;
    const names = await this.#namesFor(this.#input.value.trim()).catch(() => []);
    if (asked !== this.#asked) return;
    this.#list.replaceChildren(...names.slice(0, MOST_SUGGESTIONS).map((value) => make("option", { value })));
  }

  async #namesFor(text: string): Promise<string[]> {
    const { hosts } = this.store;
    const has = (name: string | null) => name !== null && name.toLowerCase().includes(text.toLowerCase());
    switch (this.#kind) {
      case "host": {
        const names = hosts.map(({ proplet_id }) => proplet_id);
        const found = hosts.filter(({ proplet_id }) => has(proplet_id)).slice(0, MOST_SUGGESTIONS);
        return found.map(({ id, proplet_id, unit }) => {
          const isAlone = names.indexOf(proplet_id) === names.lastIndexOf(proplet_id);
          const name = isAlone ? proplet_id : `${proplet_id} of ${unit}`;
          this.#numbers.set(name, id);
          return name;
        });
      }
      case "version":
        return [...new Set(hosts.map(({ version }) => version))].filter(has) as string[];
      case "unit":
        return [...new Set(hosts.map(({ unit }) => unit))].filter(has);
      case "task": {
        if (text === "") return [];
        const { tasks } = await searchAll(text.replace(/ on /, " "), MOST_SUGGESTIONS);
        return tasks.map(({ id, task_id, host }) => {
          const name = `${task_id} on ${host}`;
          this.#numbers.set(name, id);
          return name;
        });
      }
      case "target":
        return text === "" ? [] : (await searchAll(text, MOST_SUGGESTIONS)).targets.map(({ name }) => name);
      default:
        return [];
    }
  }
}
