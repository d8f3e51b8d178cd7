import { make } from "../parts/dom.ts";
import { nothing, tablePlace } from "./table.ts";

/** The event of a section whose settings have been changed by who looks. */
export const CHANGED = "settings-changed";

/** A part of the settings: what there is, as a table, and what can be done with it. */
export abstract class SettingsSection {
  readonly element: HTMLElement;
  protected readonly table: HTMLDivElement;
  protected readonly note = make("p", { class: "bad", role: "alert" });

  constructor(title: string, about: string) {
    this.table = tablePlace(title);
    this.element = make(
      "section",
      {},
      make("h2", {}, title),
      ...about === "" ? [] : [make("p", { class: "help" }, about)],
      this.table,
      this.note,
    );
  }

  /** Ask for what there is, and show it. */
  async read(): Promise<void> {
    try {
      await this.show();
    } catch (error) {
      this.table.replaceChildren(nothing((error as Error).message));
    }
  }

  /** Show what there is by now. */
  protected abstract show(): Promise<void>;

  /** Do something, tell what stood in its way, and show what there is then. */
  protected async act(work: () => Promise<void>): Promise<boolean> {
    this.note.textContent = "";
    try {
      await work();
      await this.read();
      this.element.dispatchEvent(new Event(CHANGED, { bubbles: true }));
      return true;
    } catch (error) {
      this.note.textContent = (error as Error).message;
      return false;
    }
  }

  /** A form that is opened when it is needed. */
  protected form(title: string, ...children: Node[]): HTMLDetailsElement {
    return make("details", { class: "more" }, make("summary", {}, title), ...children);
  }
}
