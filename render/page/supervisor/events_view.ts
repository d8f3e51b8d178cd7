import type { PageEvent } from "../../../core/schema/page_messages.ts";
import { make } from "../parts/dom.ts";
import type { EventList } from "../parts/event_list.ts";
import type { Store } from "./store.ts";

/** What has happened to all. */
export class EventsView {
  readonly element: HTMLElement;
  readonly title = "Events";

  constructor(readonly store: Store, readonly list: EventList) {
    this.element = make("div", {}, make("h1", { tabindex: "-1" }, "Events"), list.element);
  }

  refresh(): void {}

  showEvents(): void {
    this.list.show(this.store.events);
  }

  takeEvent(event: PageEvent): void {
    this.list.add(event);
  }

  restyle(): void {}

  focusSearch(): void {}

  leave(): void {}

  comeBack(): void {}

  close(): void {}
}
