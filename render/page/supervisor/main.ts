/* The script of the supervisor's page: one feed of what changes, and the view that the address names. */
import type { PageEvent } from "../../../core/schema/page_messages.ts";
import { byId } from "../parts/dom.ts";
import { EventList } from "../parts/event_list.ts";
import { EventsView } from "./events_view.ts";
import { linkTo, Overview } from "./overview.ts";
import { ProcessView } from "./process_view.ts";
import { Store } from "./store.ts";

/** What is shown of the page. */
interface View {
  readonly element: HTMLElement;
  readonly title: string;
  refresh(): void;
  /** Events may have been missed: show those that are known by now. */
  showEvents(): void;
  takeEvent(event: PageEvent): void;
  restyle(): void;
  focusSearch(): void;
  /** Nobody sees the page; then somebody does again. */
  leave(): void;
  comeBack(): void;
  close(): void;
}

class Page {
  readonly #store = new Store();
  readonly #main = byId("view");
  #view: View | undefined;
  #feed: EventSource | undefined;

  constructor() {
    addEventListener("hashchange", () => this.#go(true));
    document.addEventListener("keydown", (event) => this.#press(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#view?.restyle());
    // What nobody sees asks for nothing, and takes no connection from those that somebody does.
    document.addEventListener("visibilitychange", () => document.hidden ? this.#leave() : this.#connect());
    // The address stands for the view: a jump within the page must not change it.
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault();
      this.#main.focus();
    });
    if (!document.hidden) this.#connect();
  }

  #connect(): void {
    if (this.#feed) return;
    this.#view?.comeBack();
    const feed = this.#feed = new EventSource("feed");
    const on = <T>(name: string, take: (message: T) => void) =>
      feed.addEventListener(name, ({ data }) => take(JSON.parse(data) as T));
    on("whole", (whole: Parameters<Store["takeWhole"]>[0]) => {
      this.#store.takeWhole(whole);
      byId("where").textContent = this.#store.hostName;
      byId("version").textContent = `proctor ${this.#store.version}`;
      byId("banner").hidden = true;
      if (this.#view) {
        this.#view.refresh();
        this.#view.showEvents();
      } else this.#go(false);
      document.documentElement.dataset.ready = "true";
    });
    on("tick", (tick: Parameters<Store["takeTick"]>[0]) => {
      this.#store.takeTick(tick);
      this.#view?.refresh();
    });
    on("event", (event: PageEvent) => {
      this.#store.takeEvent(event);
      this.#view?.takeEvent(event);
    });
    feed.addEventListener("error", () => this.#lost(feed.readyState === EventSource.CLOSED));
  }

  #leave(): void {
    this.#view?.leave();
    this.#feed?.close();
    this.#feed = undefined;
  }

  #lost(isOver: boolean): void {
    const banner = byId("banner");
    banner.hidden = false;
    banner.textContent = isOver
      ? "This session has ended. proctor ctl page makes a link to a new one."
      : "The supervisor does not answer; trying again …";
  }

  /** Show what the address names. @param isMove whether somebody has gone there from another view */
  #go(isMove: boolean): void {
    if (!isMove && this.#view) return;
    this.#view?.close();
    const [, place, id] = location.hash.split("/");
    this.#view = place === "process"
      ? new ProcessView(this.#store, decoded(id ?? ""))
      : place === "events"
      ? new EventsView(this.#store, new EventList(linkTo))
      : new Overview(this.#store);
    this.#main.replaceChildren(this.#view.element);
    document.title = `${this.#view.title} – proctor`;
    for (const link of document.querySelectorAll<HTMLAnchorElement>("nav a")) {
      const isHere = link.hash === (place === "events" ? "#/events" : "#/");
      if (isHere) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.#view.refresh();
    this.#view.showEvents();
    if (!isMove) return;
    scrollTo(0, 0);
    this.#main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }

  #press(event: KeyboardEvent): void {
    const isTyping = (event.target as HTMLElement).matches("input, select, textarea");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.#view?.focusSearch();
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

new Page();
