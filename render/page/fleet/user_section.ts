import { make } from "../parts/dom.ts";
import { ask } from "../parts/question.ts";
import { putUser, readUsers, removeUser } from "./access_api.ts";
import type { User } from "./access_api.ts";
import { buttonOf, fieldOf } from "./controls.ts";
import { GrantFields } from "./grant_fields.ts";
import { grantWords } from "./me.ts";
import { SettingsSection } from "./settings_section.ts";
import { nothing, tableOf } from "./table.ts";

/** People who log in with a password. */
export class UserSection extends SettingsSection {
  readonly #name = make("input", { type: "text", maxlength: "64", required: "", autocomplete: "off" });
  readonly #password = make("input", {
    ...{ type: "password", maxlength: "1024", minlength: "12", autocomplete: "new-password" },
  });
  readonly #grants: GrantFields;
  readonly #form: HTMLDetailsElement;

  constructor(domains: readonly string[]) {
    super("Users", "Who is changed has to log in again.");
    this.#grants = new GrantFields(domains);
    const form = make(
      "form",
      { class: "settings-form" },
      make(
        "div",
        { class: "fields" },
        fieldOf("Name", this.#name),
        fieldOf("Password", this.#password, "12 characters at least; empty: as it is"),
      ),
      this.#grants.element,
      make("button", { type: "submit", class: "main" }, "Save the user"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
    this.#form = this.form("New user", form);
    this.element.append(this.#form);
  }

  protected async show(): Promise<void> {
    const users = await readUsers();
    this.table.replaceChildren(
      users.length === 0 ? nothing("There is no user.") : tableOf(
        [["Name", "name"], ["May"], ["Put in"], ["", "number"]],
        users.map((user) => [
          user.name,
          user.grants.map(grantWords).join(", "),
          `${new Date(user.created_at).toLocaleDateString("sv")} by ${user.created_by}`,
          make(
            "span",
            { class: "row-buttons" },
            buttonOf("Change", () => this.#change(user), { "aria-label": `Change ${user.name}` }),
            buttonOf("Remove", () => void this.#remove(user), { "aria-label": `Remove ${user.name}` }),
          ),
        ]),
      ),
    );
  }

  #change({ name, grants }: User): void {
    this.#form.open = true;
    this.#name.value = name;
    this.#password.value = "";
    this.#grants.set(grants);
    this.#password.focus();
  }

  async #save(): Promise<void> {
    const isDone = await this.act(() =>
      putUser(this.#name.value.trim(), this.#grants.grants, this.#password.value)
    );
    if (!isDone) return;
    this.#form.open = false;
    this.#name.value = this.#password.value = "";
    this.#grants.clear();
  }

  async #remove({ name }: User): Promise<void> {
    const text = "All sessions of this name end at once.";
    if (await ask({ title: `Remove ${name}?`, text, doIt: "Remove" })) await this.act(() => removeUser(name));
  }
}
