import { make } from "../parts/dom.ts";
import { buttonOf, fieldOf, selectOf } from "./controls.ts";
import { ROLES } from "./me.ts";
import type { Grant, Role } from "./me.ts";

/** Roles that are given, a row each. */
export class GrantFields {
  readonly element: HTMLElement;
  readonly #rows = make("div", { class: "grants" });

  /** @param domains that are known, to choose from */
  constructor(readonly domains: readonly string[]) {
    const add = buttonOf("Another role", () => this.#add());
    this.element = make("div", {}, this.#rows, add);
    this.clear();
  }

  /** What is given by now. */
  get grants(): Grant[] {
    return [...this.#rows.children].map((row) => {
      const [role, domain, channel] = [...row.querySelectorAll<HTMLInputElement>("select, input")]
        .map(({ value }) => value.trim());
      return { role: role as Role, domain: domain || "*", channel: channel || "*" };
    });
  }

  /** One role, that of somebody who looks. */
  clear(): void {
    this.#rows.replaceChildren();
    this.#add();
  }

  /** Let it be these. */
  set(grants: readonly Grant[]): void {
    this.#rows.replaceChildren();
    for (const grant of grants) this.#add(grant);
  }

  #add({ role, domain, channel }: Grant = { role: "viewer", domain: "*", channel: "*" }): void {
    const text = (value: string, placeholder: string) =>
      make("input", { type: "text", value: value === "*" ? "" : value, placeholder, maxlength: "128" });
    const name = text(domain, "all");
    const id = `domains-${this.#rows.childElementCount}-${Math.random().toString(36).slice(2)}`;
    name.setAttribute("list", id);
    const known = make("datalist", { id }, ...this.domains.map((value) => make("option", { value })));
    const row = make(
      "div",
      { class: "fields" },
      fieldOf("Role", selectOf("Role", ROLES.map((one) => [one, one]), role, () => {})),
      fieldOf("Domain", name),
      fieldOf("Channel", text(channel, "all")),
      known,
    );
    if (this.#rows.childElementCount > 0) {
      row.append(buttonOf("Leave out", () => row.remove()));
    }
    this.#rows.append(row);
  }
}
