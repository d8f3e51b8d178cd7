import { fitText, widthOf } from "./fit_text.ts";
import type { Line, Style } from "./style.ts";

/** A line in exactly so many columns: cut, or filled up with blanks. */
export function cutLine(line: Line, columns: number, mark: string): Line {
  const cut: [string, Style?][] = [];
  let room = columns;
  for (const [text, style] of line) {
    const width = widthOf(text);
    if (width > room) {
      cut.push([fitText(text, room, mark), style]);
      return cut;
    }
    cut.push([text, style]);
    room -= width;
  }
  if (room > 0) cut.push([" ".repeat(room)]);
  return cut;
}
