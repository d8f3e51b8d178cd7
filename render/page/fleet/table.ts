import { make } from "../parts/dom.ts";

/** A column of a table: its title, and the classes of its cells, such as `number`. */
export type TableColumn = readonly [title: string, classes?: string];

/** A cell: words, or an element. */
export type TableCell = string | Node;

/** A table of facts; the cells of a row are in the order of the columns. */
export function tableOf(
  columns: readonly TableColumn[],
  rows: readonly (readonly TableCell[])[],
): HTMLTableElement {
  const classed = (classes = ""): Record<string, string> => classes === "" ? {} : { class: classes };
  // A column of buttons or bars has no title, and then no head either.
  const heads = columns.map(([title, classes]) =>
    title === "" ? make("td", classed(classes)) : make("th", { scope: "col", ...classed(classes) }, title)
  );
  const body = rows.map((cells) =>
    make("tr", {}, ...cells.map((cell, n) => make("td", classed(columns[n][1]), cell)))
  );
  return make(
    "table",
    { class: "facts" },
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...body),
  );
}

/** A place for a table that may be wider than the page: it is scrolled by itself, by the keys, too. */
export function tablePlace(label: string): HTMLDivElement {
  const asking = nothing("Asking …");
  asking.dataset.asking = "";
  return make("div", { class: "table", tabindex: "0", role: "region", "aria-label": label }, asking);
}

/** Tell what stood in the way of a table that was never shown. @returns whether there was none before */
export function failIn(place: HTMLElement, error: unknown): boolean {
  const isFirst = place.querySelector(":scope > [data-asking]") !== null;
  if (isFirst) {
    const words = nothing((error as Error).message);
    words.setAttribute("role", "alert");
    words.dataset.asking = "";
    place.replaceChildren(words);
  }
  return isFirst;
}

/** Words in the place of a table that has no rows. */
export function nothing(text: string): HTMLParagraphElement {
  return make("p", { class: "nothing" }, text);
}
