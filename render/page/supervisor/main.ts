/* The script of the supervisor's page: one feed of what changes, and the view that the address names. */
import type { PageEvent } from "../../../core/schema/page_messages.ts";
import { decoded } from "../parts/decoded.ts";
import { byId } from "../parts/dom.ts";
import { EventList } from "../parts/event_list.ts";
import { Shell } from "../parts/shell.ts";
import type { ShellView } from "../parts/shell.ts";
import { EventsView } from "./events_view.ts";
import { linkTo, Overview } from "./overview.ts";
import { ProcessView } from "./process_view.ts";
import { Store } from "./store.ts";

/** What is shown of the page. */
interface View extends ShellView {
  /** Events may have been missed: show those that are known by now. */
  showEvents(): void;
  takeEvent(event: PageEvent): void;
  /** Nobody sees the page; then somebody does again. */
  leave(): void;
  comeBack(): void;
}

class Page {
  readonly #store = new Store();
  readonly #shell = new Shell<View>({
    view: (hash) => this.#viewOf(hash),
    link: (hash) => hash.startsWith("#/events") ? "#/events" : "#/",
  });
  #feed: EventSource | undefined;

  constructor() {
    // What nobody sees asks for nothing, and takes no connection from those that somebody does.
    document.addEventListener("visibilitychange", () => document.hidden ? this.#leave() : this.#connect());
    if (!document.hidden) this.#connect();
  }

  #connect(): void {
    if (this.#feed) return;
    this.#shell.view?.comeBack();
    const feed = this.#feed = new EventSource("feed");
    const on = <T>(name: string, take: (message: T) => void) =>
      feed.addEventListener(name, ({ data }) => take(JSON.parse(data) as T));
    on("whole", (whole: Parameters<Store["takeWhole"]>[0]) => {
      this.#store.takeWhole(whole);
      byId("where").textContent = this.#store.hostName;
      byId("version").textContent = `proctor ${this.#store.version}`;
      byId("banner").hidden = true;
      const { view } = this.#shell;
      if (view) {
        view.refresh();
        view.showEvents();
      } else this.#shell.show(false);
      document.documentElement.dataset.ready = "true";
    });
    on("tick", (tick: Parameters<Store["takeTick"]>[0]) => {
      this.#store.takeTick(tick);
      this.#shell.view?.refresh();
    });
    on("event", (event: PageEvent) => {
      this.#store.takeEvent(event);
      this.#shell.view?.takeEvent(event);
    });
    feed.addEventListener("error", () => this.#lost(feed.readyState === EventSource.CLOSED));
  }

  #leave(): void {
    this.#shell.view?.leave();
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

  #viewOf(hash: string): View {
    const [, place, id] = hash.split("/");
    const view = place === "process"
      ? new ProcessView(this.#store, decoded(id ?? ""))
      : place === "events"
      ? new EventsView(this.#store, new EventList(linkTo))
      : new Overview(this.#store);
    view.showEvents();
    return view;
  }
}

new Page();
