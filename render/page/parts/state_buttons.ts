import { make } from "./dom.ts";

/**
 * Show a button for each state, which keeps the focus that one of them has.
 * @param counts the states, each with how many are in it, in words
 */
export function showStateButtons(
  place: HTMLElement,
  counts: readonly (readonly [state: string, count: string])[],
  chosen: string | null,
  choose: (state: string) => void,
): void {
  const focused = (document.activeElement as HTMLElement | null)?.dataset.state;
  place.replaceChildren(...counts.map(([state, count]) => {
    const isChosen = String(state === chosen);
    const button = make(
      "button",
      { type: "button", class: `badge ${state}`, "data-state": state, "aria-pressed": isChosen },
      `${count} ${state}`,
    );
    button.addEventListener("click", () => choose(state));
    return button;
  }));
  if (focused) place.querySelector<HTMLElement>(`[data-state="${focused}"]`)?.focus();
}
