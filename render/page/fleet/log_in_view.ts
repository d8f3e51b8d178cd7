import { make } from "../parts/dom.ts";
import { logIn } from "./server.ts";

/** Asks for a name and a password. */
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
      make("button", { type: "submit" }, "Log in"),
      fault,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void logIn(this.#name.value, password.value).then(then, (error: Error) => {
        fault.textContent = error.message;
        password.select();
      });
    });
    const help = "On the machine of the manager itself, the link that it prints lets you in.";
    this.element = make(
      "div",
      {},
      make("h1", { tabindex: "-1" }, "Log in"),
      form,
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
