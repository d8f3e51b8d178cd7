import { make } from "./dom.ts";
import { scrollToRow, windowOfRows } from "./window_of_rows.ts";

/** A row that is there, to be filled anew. */
export interface ListRow {
  /** Of role `row`. */
  readonly element: HTMLElement;
  /** What takes the focus when the row is gone to by keys. */
  readonly target: HTMLElement;
}

/** How rows are made and filled. */
export interface ListRows {
  /** @param key of what the row will show for as long as it is there */
  readonly make: (key: string) => ListRow;
  readonly fill: (row: ListRow, key: string) => void;
}

/**
 * A long list of which only the rows in sight are there. Each row belongs to a key and moves with it, so that the focus
 * stays with what was chosen when the order changes.
 */
export class WindowedList {
  /** What scrolls; of role `rowgroup`. */
  readonly element: HTMLElement;
  readonly #content = make("div", { class: "list-content", role: "presentation" });
  readonly #there = new Map<string, ListRow>();
  #keys: readonly string[] = [];
  #rowHeight = 1;

  constructor(readonly rows: ListRows) {
    this.element = make("div", { class: "list-scroller", role: "rowgroup", tabindex: "-1" }, this.#content);
    this.element.addEventListener("scroll", () => this.#draw(false), { passive: true });
    this.element.addEventListener("keydown", (event) => {
      if (this.#press(event)) event.preventDefault();
    });
    new ResizeObserver(() => this.#measure()).observe(this.element);
  }

  /** Show these, in this order. */
  show(keys: readonly string[]): void {
    this.#keys = keys;
    this.#measure();
  }

  /** Put the focus on the first row. */
  focusFirst(): void {
    this.#focus(0);
  }

  #measure(): void {
    this.#rowHeight = parseFloat(getComputedStyle(this.element).getPropertyValue("--row-height")) || 44;
    this.#content.style.height = `${this.#keys.length * this.#rowHeight}px`;
    this.#draw(true);
  }

  /** @param isNew whether what the rows show may have changed */
  #draw(isNew: boolean): void {
    const { scrollTop, clientHeight } = this.element;
    const { first, end } = windowOfRows(scrollTop, clientHeight, this.#rowHeight, this.#keys.length);
    const wanted = new Map(this.#keys.slice(first, end).map((key, index) => [key, first + index]));
    for (const [key, { element }] of this.#there) {
      if (wanted.has(key)) continue;
      // Else the focus would be lost to the top of the page.
      if (element.contains(document.activeElement)) this.element.focus({ preventScroll: true });
      element.remove();
      this.#there.delete(key);
    }
    for (const [key, index] of wanted) {
      let row = this.#there.get(key);
      const isThere = row !== undefined;
      if (!row) {
        this.#there.set(key, row = this.rows.make(key));
        this.#content.append(row.element);
      }
      if (isNew || !isThere) this.rows.fill(row, key);
      const place = `translateY(${index * this.#rowHeight}px)`;
      if (row.element.style.transform !== place) row.element.style.transform = place;
      // The head is the first row.
      row.element.setAttribute("aria-rowindex", String(index + 2));
    }
  }

  #press({ key, ctrlKey, altKey, metaKey, target }: KeyboardEvent): boolean {
    if (ctrlKey || altKey || metaKey || this.#keys.length === 0) return false;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#rowHeight) - 1);
    const at = this.#indexOf(target as Node);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: Infinity,
    };
    if (!(key in to)) return false;
    this.#focus(Math.min(this.#keys.length - 1, Math.max(0, to[key as keyof typeof to])));
    return true;
  }

  #indexOf(node: Node): number {
    for (const [key, { element }] of this.#there) if (element.contains(node)) return this.#keys.indexOf(key);
    return Math.floor(this.element.scrollTop / this.#rowHeight) - 1;
  }

  #focus(index: number): void {
    const { scrollTop, clientHeight } = this.element;
    this.element.scrollTop = scrollToRow(index, scrollTop, clientHeight, this.#rowHeight);
    this.#draw(false);
    this.#there.get(this.#keys[index])?.target.focus({ preventScroll: true });
  }
}
