import { make } from "../parts/dom.ts";
import { logIn, providerLink, readProviders } from "./log_in_api.ts";

/** Asks for a name and a password, and leads to those who else let people in. */
export class LogInView {
  readonly element: HTMLElement;
  readonly title = "Log in";
  readonly #name = make("input", { name: "name", autocomplete: "username", required: "", maxlength: "64" });

  /** @param then what is to be done once somebody is in */
  constructor(then: () => void) {
    const password = make("input", {
      ...{ name: "password", type: "password", autocomplete: "current-password" },
      ...{ required: "", maxlength: "1024" },
    });
    const fault = make("p", { class: "bad", role: "alert" });
    const form = make(
      "form",
      { class: "log-in" },
      make("label", {}, "Name", this.#name),
      make("label", {}, "Password", password),
      make("button", { type: "submit", class: "main" }, "Log in"),
      fault,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void logIn(this.#name.value, password.value).then(then, (error: Error) => {
        fault.textContent = error.message;
        password.select();
      });
    });
    const others = make("p", { class: "providers" });
    // Who has none needs no word of it.
    readProviders().then((providers) => {
      others.append(
        ...providers.map((one) =>
          make("a", { class: "button", href: providerLink(one) }, `Log in with ${one.title}`)
        ),
      );
    }, () => {});
    const help = "On the machine of the manager itself, the link that it prints lets you in.";
    this.element = make(
      "div",
      { class: "overview" },
      make("h1", { tabindex: "-1" }, "Log in"),
      form,
      others,
      make("p", { class: "help" }, help),
    );
  }

  refresh(): void {}

  restyle(): void {}

  focusSearch(): void {
    this.#name.focus();
  }

  close(): void {}
}
