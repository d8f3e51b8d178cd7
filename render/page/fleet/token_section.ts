import { make } from "../parts/dom.ts";
import { ask } from "../parts/question.ts";
import { makeToken, readTokens, revokeToken } from "./access_api.ts";
import type { Token } from "./access_api.ts";
import { buttonOf, fieldOf, selectOf } from "./controls.ts";
import { GrantFields } from "./grant_fields.ts";
import { grantWords } from "./me.ts";
import { SettingsSection } from "./settings_section.ts";
import { nothing, tableOf } from "./table.ts";

/** Tokens: made, shown once, and taken back. */
export class TokenSection extends SettingsSection {
  readonly #name = make("input", { type: "text", maxlength: "64", required: "", autocomplete: "off" });
  readonly #expires = selectOf(
    "Good for",
    [["30d", "30 days"], ["90d", "90 days"], ["365d", "a year"], ["", "ever"]],
    "90d",
    () => {},
  );
  readonly #grants: GrantFields;
  readonly #made = make("div", { class: "made", role: "status" });
  readonly #form: HTMLDetailsElement;

  constructor(domains: readonly string[]) {
    super(
      "Tokens",
      "Programs ask the API with one. What it takes to use a token is shown once, when it is made.",
    );
    this.#grants = new GrantFields(domains);
    const form = make(
      "form",
      { class: "settings-form" },
      make("div", { class: "fields" }, fieldOf("Name", this.#name), fieldOf("Good for", this.#expires)),
      this.#grants.element,
      make("button", { type: "submit", class: "main" }, "Make the token"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#make();
    });
    this.#form = this.form("New token", form);
    this.element.append(this.#form, this.#made);
  }

  protected async show(): Promise<void> {
    const tokens = await readTokens();
    this.table.replaceChildren(
      tokens.length === 0 ? nothing("There is no token.") : tableOf(
        [["Name", "name"], ["May"], ["Made"], ["Good until"], ["", "number"]],
        tokens.map((token) => [
          token.name,
          token.grants.map(grantWords).join(", "),
          `${day(token.created_at)} by ${token.created_by}`,
          token.expires_at === null ? "ever" : day(token.expires_at),
          buttonOf("Revoke", () => void this.#revoke(token), { "aria-label": `Revoke ${token.name}` }),
        ]),
      ),
    );
  }

  async #make(): Promise<void> {
    const name = this.#name.value.trim();
    const expires = this.#expires.value || null;
    await this.act(async () => {
      const token = await makeToken(name, this.#grants.grants, expires);
      const code = make("code", { tabindex: "0" }, token);
      const copy = buttonOf("Copy", () => {
        void navigator.clipboard.writeText(token).then(() => copy.textContent = "Copied");
      });
      this.#made.replaceChildren(
        make("p", {}, `This is ${name}. It is shown now, and never again:`),
        make(
          "div",
          { class: "tools" },
          code,
          copy,
          buttonOf("I have it", () => this.#made.replaceChildren()),
        ),
      );
      this.#form.open = false;
      this.#name.value = "";
      this.#grants.clear();
      code.focus();
    });
  }

  async #revoke({ id, name }: Token): Promise<void> {
    const text = "Its users lose access at once.";
    if (await ask({ title: `Revoke ${name}?`, text, doIt: "Revoke" })) await this.act(() => revokeToken(id));
  }
}

function day(ms: number): string {
  return new Date(ms).toLocaleDateString("sv");
}
