/// <reference lib="dom" />
/** The choice of colours: the system's, light or dark. The page's head applies what is remembered before it is drawn. */
import { THEME_KEY } from "../theme.ts";

const root = document.documentElement;

/** Show the choice, remember it, and follow what other tabs choose. */
export function addThemeChoice(): void {
  const choice = document.querySelector<HTMLSelectElement>("#theme")!;
  const show = () => choice.value = root.dataset.theme ?? "";
  choice.addEventListener("change", () => {
    apply(choice.value);
    remember(choice.value);
  });
  addEventListener("storage", (event) => {
    const { key, newValue } = event as StorageEvent;
    if (key !== THEME_KEY && key !== null) return;
    apply(newValue ?? "");
    show();
  });
  show();
  choice.hidden = false;
}

function apply(theme: string): void {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
}

function remember(theme: string): void {
  try {
    if (theme === "") localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
  } catch {
    // A browser that keeps nothing for the site: the choice holds for this page.
  }
}
