import type { PageEvent } from "../../../core/schema/page_messages.ts";
import { make } from "./dom.ts";
import { eventWords } from "../../../core/schema/event_words.ts";
import { isBad } from "./event_words.ts";

/** So many events are shown. */
const MOST_EVENTS = 300;

/** What has happened, the latest first. */
export class EventList {
  readonly element = make("ol", { class: "events" });
  readonly #empty = make("li", { class: "empty" }, "Nothing has happened yet.");

  /** @param linkTo where the name of an event leads; null where names are left out, since it is of one alone */
  constructor(readonly linkTo: ((id: string) => string) | null) {
    this.element.append(this.#empty);
  }

  /** Show these instead of all before, the oldest first. */
  show(events: readonly PageEvent[]): void {
    this.element.replaceChildren(this.#empty);
    for (const event of events) this.add(event);
  }

  /** One more, later than all. */
  add(event: PageEvent): void {
    this.#empty.remove();
    const time = make(
      "time",
      { datetime: event.timestamp, title: event.timestamp },
      shownTime(event.timestamp),
    );
    const name = event.id === null || !this.linkTo
      ? []
      : [make("a", { href: this.linkTo(event.id) }, event.id)];
    const words = make("span", { class: isBad(event) ? "bad" : "" }, eventWords(event));
    this.element.prepend(make("li", {}, time, ...name, words));
    while (this.element.childElementCount > MOST_EVENTS) this.element.lastElementChild!.remove();
  }
}

/** The time of today, and the day of what is older. */
function shownTime(timestamp: string): string {
  const at = new Date(timestamp);
  const clock = at.toTimeString().slice(0, 8);
  return at.toDateString() === new Date().toDateString() ? clock : `${timestamp.slice(0, 10)} ${clock}`;
}
