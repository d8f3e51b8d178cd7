import { printOut } from "./output.ts";

const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Shows lines again and again: in the same place on a terminal, one after another elsewhere. */
export class Screen {
  #shown = 0;

  /** @param inPlace whether it is a terminal that can be drawn over */
  constructor(readonly inPlace: boolean) {}

  /** Show lines in place of those before; false when the reader has gone. */
  show(lines: readonly string[]): boolean {
    if (!this.inPlace) {
      const gap = this.#shown > 0 ? "\n" : "";
      this.#shown = lines.length;
      return printOut(gap + lines.map((line) => `${line}\n`).join(""));
    }
    // A line that wraps, or scrolls the screen, would spoil the count of lines to go back.
    const { rows, columns } = size();
    const fitting = lines.slice(0, Math.max(1, rows - 1)).map((line) => cutVisible(line, columns));
    const back = this.#shown > 0 ? `\x1b[${this.#shown}A` : "";
    this.#shown = fitting.length;
    return printOut(back + fitting.map((line) => `${line}${CLEAR_LINE}\n`).join("") + CLEAR_BELOW);
  }
}

/** As much of a line as so many columns show; the codes that colour it take no room, and none is cut off. */
export function cutVisible(line: string, columns: number): string {
  let room = columns;
  // deno-lint-ignore no-control-regex
  return line.split(/(\x1b\[[\d;]*m)/).map((piece, index) => {
    if (index % 2 === 1) return piece;
    const shown = [...piece].slice(0, room);
    room -= shown.length;
    return shown.join("");
  }).join("");
}

/** The size of the terminal; one that does not know its own has that of old. */
function size(): { rows: number; columns: number } {
  return { rows: process.stdout.rows || 24, columns: process.stdout.columns || 80 };
}
