/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { byId } from "./dom.ts";

/** What is shown of a page. */
export interface ShellView {
  readonly element: HTMLElement;
  readonly title: string;
  /** Show what is known by now. */
  refresh(): void;
  /** The colours have changed. */
  restyle(): void;
  focusSearch(): void;
  close(): void;
}

/** How the address, views and links belong together. */
export interface ShellRoutes<View extends ShellView> {
  /** The view of an address. @param hash what follows the page's own address, such as `#/events` */
  readonly view: (hash: string) => View;
  /** The link of the navigation that an address is below. */
  readonly link: (hash: string) => string;
  /** What `/` does; without it, it goes to the search of the view, as `f` does where there is both. */
  readonly search?: () => void;
}

/** What pages have in common: the view that the address names, the way back and forth, and the keys. */
export class Shell<View extends ShellView> {
  readonly #main = byId("view");
  #view: View | undefined;

  constructor(readonly routes: ShellRoutes<View>) {
    addEventListener("hashchange", () => this.show(true));
    document.addEventListener("keydown", (event) => this.#press(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#view?.restyle());
    // The address stands for the view: a jump within the page must not change it.
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault();
      this.#main.focus();
    });
  }

  /** What is shown; undefined before anything is. */
  get view(): View | undefined {
    return this.#view;
  }

  /** Show what the address names. @param isMove whether somebody has gone there from another view */
  show(isMove: boolean): void {
    if (!isMove && this.#view) return;
    this.#view?.close();
    const view = this.#view = this.routes.view(location.hash);
    this.#main.replaceChildren(view.element);
    document.title = `${view.title} – proctor`;
    const here = this.routes.link(location.hash);
    for (const link of document.querySelectorAll<HTMLAnchorElement>("nav a")) {
      if (link.hash === here) {
        link.setAttribute("aria-current", "page");
        // Where links are more than a narrow screen has room for, they are scrolled.
        link.scrollIntoView({ block: "nearest", inline: "center" });
      } else link.removeAttribute("aria-current");
    }
    view.refresh();
    if (!isMove) return;
    scrollTo(0, 0);
    this.#main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }

  #press(event: KeyboardEvent): void {
    const isTyping = (event.target as HTMLElement).matches("input, select, textarea");
    if (isTyping || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    const { search } = this.routes;
    if (event.key !== "/" && !(search && event.key === "f")) return;
    event.preventDefault();
    if (search && event.key === "/") search();
    else this.#view?.focusSearch();
  }
}
