import { make } from "./dom.ts";

/** A column: how it is called, its classes, and what rows are ordered by; null: that is not asked for. */
export type SortColumn<T> = readonly [
  title: string,
  name: string,
  value: ((one: T) => number | string) | null,
];

/** In the order that people expect: web-2 before web-10. */
const { compare } = new Intl.Collator(undefined, { numeric: true });

/** The head of a list: a button for each column that rows can be ordered by, and which it is. */
export class SortHead<T> {
  readonly element = make("div", { role: "row", class: "row head", "aria-rowindex": "1" });
  readonly #cells: HTMLElement[] = [];
  /** Where texts stand among each other, by column: they stay the same, and to compare thousands takes a frame. */
  readonly #ranks = new Map<number, ReadonlyMap<string, number>>();
  #isDown = true;

  /**
   * @param at the column that rows are ordered by at first; null: they stay as they come
   * @param changed after another order was chosen
   */
  constructor(readonly columns: readonly SortColumn<T>[], private at: number | null, changed: () => void) {
    columns.forEach(([title, name, value], n) => {
      const cell = make("div", { role: "columnheader", class: `cell ${name}` });
      if (value === null) cell.append(title);
      else {
        const button = make("button", { type: "button" }, title);
        button.addEventListener("click", () => {
          // What is used most is looked for first, and names from the beginning.
          this.#isDown = this.at === n ? !this.#isDown : name.startsWith("number");
          this.at = n;
          this.#show();
          changed();
        });
        cell.append(button);
      }
      this.#cells.push(cell);
      this.element.append(cell);
    });
    this.#show();
  }

  /** Whether rows are ordered by figures, which change while names stay. */
  get isByFigures(): boolean {
    return this.at !== null && this.columns[this.at][1].startsWith("number");
  }

  /** Rows in the order that was chosen; those of one value stay as they came. */
  sorted(rows: readonly T[]): readonly T[] {
    const value = this.at === null ? null : this.columns[this.at][2];
    if (value === null) return rows;
    const sign = this.#isDown ? -1 : 1;
    // Each value is asked for once: there may be thousands of rows.
    const values = this.#figures(rows.map(value));
    const order = rows.map((_, n) => n).sort((a, b) => sign * (values[a] - values[b]) || a - b);
    return order.map((n) => rows[n]);
  }

  #figures(values: readonly (number | string)[]): readonly number[] {
    if (typeof values[0] !== "string") return values as readonly number[];
    const texts = values as readonly string[];
    let ranks = this.#ranks.get(this.at!);
    if (!ranks || texts.some((text) => !ranks!.has(text))) this.#ranks.set(this.at!, ranks = ranksOf(texts));
    return texts.map((text) => ranks!.get(text)!);
  }

  #show(): void {
    this.#cells.forEach((cell, n) => {
      if (n === this.at) cell.setAttribute("aria-sort", this.#isDown ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }
}

/** Where each text stands; those that are alike stand side by side. */
function ranksOf(texts: readonly string[]): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  let [rank, before] = [0, ""];
  for (const text of [...new Set(texts)].sort(compare)) {
    if (compare(before, text) !== 0) rank++;
    ranks.set(text, rank);
    before = text;
  }
  return ranks;
}
