import stringWidth from "string-width";

const ASCII = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter();

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/** A text in exactly so many columns: filled up with blanks, or cut, which `mark` at its end tells. */
export function fitText(text: string, columns: number, mark: string): string {
  if (columns <= 0) return "";
  const width = widthOf(text);
  if (width <= columns) return text + " ".repeat(columns - width);
  const room = columns - mark.length;
  if (ASCII.test(text)) return text.slice(0, Math.max(0, room)) + mark.slice(0, columns);
  let cut = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = used + stringWidth(segment);
    if (next > room) break;
    cut += segment;
    used = next;
  }
  return cut + mark + " ".repeat(Math.max(0, room - used));
}

/** A text in exactly so many columns, at their right end. */
export function fitRight(text: string, columns: number, mark: string): string {
  const width = widthOf(text);
  return width <= columns ? " ".repeat(columns - width) + text : fitText(text, columns, mark);
}

/** A text in rows of at most so many columns, for what must not be cut; one row at least. */
export function textRows(text: string, columns: number): string[] {
  if (widthOf(text) <= columns) return [text];
  const rows: string[] = [];
  let row = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const width = stringWidth(segment);
    if (used + width > columns && row !== "") {
      rows.push(row);
      row = "";
      used = 0;
    }
    row += segment;
    used += width;
  }
  return [...rows, row];
}
