import { make } from "./dom.ts";

/** What is asked before something is done. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** On the button that does it. */
  readonly doIt: string;
}

/** Ask before something is done; whether it is to be done. Escape and a click beside the question mean no. */
export function ask({ title, text, doIt }: Question): Promise<boolean> {
  const heading = make("h2", { id: "question" }, title);
  const no = make("button", { type: "button" }, "Cancel");
  const yes = make("button", { type: "button", class: "danger" }, doIt);
  const buttons = make("div", { class: "buttons" }, no, yes);
  const dialog = make("dialog", { "aria-labelledby": "question" }, heading, make("p", {}, text), buttons);
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    no.addEventListener("click", () => dialog.close("no"));
    yes.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close("no");
    });
    dialog.showModal();
    no.focus();
  });
}
