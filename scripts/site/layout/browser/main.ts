/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What the pages of the site do beside being read: search, the menu on narrow screens, copying code, colours. */
import { addCopyButtons } from "./copy.ts";
import { addSearch } from "./search.ts";
import { addThemeChoice } from "./theme.ts";

const narrow = matchMedia("(max-width: 900px)");
const menu = document.querySelector<HTMLButtonElement>("#menu-button")!;
const navigation = document.querySelector<HTMLElement>("#navigation")!;

function showMenu(isShown: boolean): void {
  menu.setAttribute("aria-expanded", String(isShown));
  navigation.hidden = narrow.matches && !isShown;
}

// On a wide screen the navigation stands beside the text, and the button is not there.
function fit(): void {
  menu.hidden = !narrow.matches;
  showMenu(false);
}
narrow.addEventListener("change", fit);
menu.addEventListener("click", () => showMenu(menu.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
  showMenu(false);
  menu.focus();
});
fit();
document.querySelector("#navigation [aria-current]")?.scrollIntoView({ block: "nearest" });
addCopyButtons();
addSearch();
addThemeChoice();
document.documentElement.dataset.ready = "true";
