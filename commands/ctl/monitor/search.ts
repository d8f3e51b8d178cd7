import type { Pane } from "./panes.ts";

/** The next line that has a text, upper and lower case alike, from one on in steps of 1 or -1; null: none has. */
export function findFrom(pane: Pane, search: string, from: number, step: number): number | null {
  const wanted = search.toLowerCase();
  for (let number = from; number >= pane.first && number < pane.end; number += step) {
    if (pane.textAt(number).toLowerCase().includes(wanted)) return number;
  }
  return null;
}

/** A text in pieces, each second of which is what was searched for. */
export function parted(text: string, search: string): string[] {
  const lower = text.toLowerCase();
  const wanted = search.toLowerCase();
  // Of some letters the small one is longer: then nothing fits any more.
  if (wanted === "" || lower.length !== text.length) return [text];
  const pieces: string[] = [];
  let at = 0;
  for (let found = lower.indexOf(wanted); found >= 0; found = lower.indexOf(wanted, at)) {
    pieces.push(text.slice(at, found), text.slice(found, found + wanted.length));
    at = found + wanted.length;
  }
  return [...pieces, text.slice(at)];
}
