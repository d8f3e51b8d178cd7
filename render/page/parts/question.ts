import { make } from "./dom.ts";

/** What is asked before something is done. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** On the button that does it. */
  readonly doIt: string;
}

/** Something that is typed along with the answer. */
export interface Field {
  readonly label: string;
  readonly value: string;
  /** What may be typed. */
  readonly pattern: string;
  readonly suggestions: readonly string[];
}

/** Ask before something is done; whether it is to be done. Escape and a click beside the question mean no. */
export async function ask(question: Question): Promise<boolean> {
  return await open(question) !== null;
}

/** The same, with something to type; what was typed, null for no. */
export async function askFor(
  question: Question,
  { label, value, pattern, suggestions }: Field,
): Promise<string | null> {
  const input = make("input", {
    type: "text",
    value,
    pattern,
    list: "suggestions",
    required: "",
    autocomplete: "off",
  });
  const options = suggestions.map((one) => make("option", { value: one }));
  const field = make(
    "label",
    { class: "field" },
    `${label} `,
    input,
    make("datalist", { id: "suggestions" }, ...options),
  );
  return await open(question, field, input) === null ? null : input.value;
}

/** @param input what has to be right before it is done */
function open(
  { title, text, doIt }: Question,
  field?: HTMLElement,
  input?: HTMLInputElement,
): Promise<"yes" | null> {
  const heading = make("h2", { id: "question" }, title);
  const no = make("button", { type: "button" }, "Cancel");
  const yes = make("button", { type: "button", class: "danger" }, doIt);
  const buttons = make("div", { class: "buttons" }, no, yes);
  const parts = [heading, make("p", {}, text), ...(field ? [field] : []), buttons];
  const dialog = make("dialog", { "aria-labelledby": "question" }, ...parts);
  document.body.append(dialog);
  const accept = () => {
    if (input?.reportValidity() ?? true) dialog.close("yes");
  };
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? "yes" : null);
    });
    no.addEventListener("click", () => dialog.close("no"));
    yes.addEventListener("click", accept);
    input?.addEventListener("keydown", (event) => {
      if (event.key === "Enter") accept();
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close("no");
    });
    dialog.showModal();
    (input ?? no).focus();
    input?.select();
  });
}
