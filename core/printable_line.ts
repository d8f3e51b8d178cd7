import { printable } from "./printable.ts";

/** Colours and attributes (SGR, ECMA-48 8.3.117). */
// deno-lint-ignore no-control-regex
const GRAPHICS = /(\x1b\[[\d;:]*m)/;
/** Those that cannot hide the text: bold, and letters in a colour other than black. */
// deno-lint-ignore no-control-regex
const HARMLESS_GRAPHICS = /^\x1b\[(?:(?:0?[01]|22|3[1-79]|9[0-7])?(?:;(?:0?[01]|22|3[1-79]|9[0-7])?)*)m$/;
const RESET = "\x1b[0m";

/**
 * One foreign line made safe for a terminal, its colours kept: bold and coloured letters. Other attributes, behind
 * which text could hide (conceal, backgrounds, colours by number), are left out; whatever else would steer is written
 * out.
 */
export function printableLine(line: string, keepsColors = true): string {
  let isColored = false;
  const text = line.replace(/\r$/, "").split(GRAPHICS).map((piece, index) => {
    if (index % 2 === 0) return printable(piece.replaceAll("\t", "    "));
    if (!keepsColors || !HARMLESS_GRAPHICS.test(piece)) return "";
    isColored = true;
    return piece;
  });
  return text.join("") + (isColored ? RESET : "");
}
