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

/** A row may be shorter by so much for a word to stay whole. */
const RAGGED_SHARE = 0.4;

/** A text in rows of at most so many columns, parted between words where that can be; one row at least. */
export function textRows(text: string, columns: number): string[] {
  if (widthOf(text) <= columns) return [text];
  const rows: string[] = [];
  let row = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const width = widthOf(segment);
    if (used + width > columns && row !== "") {
      const blank = row.lastIndexOf(" ") + 1;
      const kept = segment === " " || widthOf(row.slice(0, blank)) < columns * (1 - RAGGED_SHARE)
        ? row
        : row.slice(0, blank);
      rows.push(kept.trimEnd());
      row = row.slice(kept.length);
      used = widthOf(row);
    }
    // The blank that parts two rows stands in none of them.
    if (segment === " " && row === "" && rows.length > 0) continue;
    row += segment;
    used += width;
  }
  return row === "" ? rows : [...rows, row];
}
