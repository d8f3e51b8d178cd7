import { make } from "../parts/dom.ts";

/** What can be chosen: its value, and how it is called. */
export type Choice = readonly [value: string, title: string];

/** Something to choose one of. Choices of one group stand together under its title. */
export function selectOf(
  label: string,
  choices: readonly Choice[] | Readonly<Record<string, readonly Choice[]>>,
  chosen: string,
  changed: () => void,
): HTMLSelectElement {
  const element = make("select", { "aria-label": label });
  const optionOf = ([value, title]: Choice) => make("option", { value }, title);
  const isFlat = (all: typeof choices): all is readonly Choice[] => Array.isArray(all);
  if (isFlat(choices)) element.append(...choices.map(optionOf));
  else {
    for (const [title, all] of Object.entries(choices)) {
      element.append(make("optgroup", { label: title }, ...all.map(optionOf)));
    }
  }
  element.value = chosen;
  element.addEventListener("change", changed);
  return element;
}

let count = 0;

/** A control below its words, and below it what helps to fill it: said after the words, and no part of them. */
export function fieldOf(label: string, control: HTMLElement, help = ""): HTMLDivElement {
  control.id ||= `control-${++count}`;
  const element = make("div", { class: "field" }, make("label", { for: control.id }, label), control);
  if (help !== "") describe(element, control, make("small", {}, help));
  return element;
}

/** Put words below a control that describe it. */
export function describe(field: HTMLElement, control: HTMLElement, words: HTMLElement): void {
  words.id = `words-${++count}`;
  const before = control.getAttribute("aria-describedby");
  control.setAttribute("aria-describedby", before === null ? words.id : `${before} ${words.id}`);
  field.append(words);
}

/** A button. */
export function buttonOf(
  title: string,
  pressed: () => void,
  attributes: Readonly<Record<string, string>> = {},
) {
  const button = make("button", { type: "button", ...attributes }, title);
  button.addEventListener("click", pressed);
  return button;
}
