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

/** A control below its words, and below it what helps to fill it. */
export function fieldOf(label: string, control: HTMLElement, help = ""): HTMLLabelElement {
  const words = help === "" ? [] : [make("small", {}, help)];
  return make("label", { class: "field" }, make("span", {}, label), control, ...words);
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
