import type { LogTarget } from "./resolve.ts";

/** Whose lines are shown on our own standard output, whatever else becomes of them. */
export interface Display {
  /** These processes alone, and the instances of those; default: all. */
  readonly only?: ReadonlySet<string>;
}

/** Where lines that are shown go: plain, behind the name of their process. */
export const DISPLAYED = {
  type: "stdout",
  streams: ["stdout", "stderr"],
  format: "plain",
  color: "auto",
  prefix: "",
} as const satisfies LogTarget;

/** Names up to this length have their lines begin in one column. */
const WIDEST_NAME = 20;

/** The column that lines begin in; it moves to the right as longer names come. */
export class NameColumn {
  #width = 0;

  /** A name of that has not been seen yet. */
  add(name: string): void {
    this.#width = Math.max(this.#width, Math.min(name.length, WIDEST_NAME));
  }

  padded(name: string): string {
    return name.padEnd(this.#width);
  }
}

/** Colours of names, one for each process by turns: those that can be read on light and dark grounds. */
const COLORS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/** The colour (SGR) of a process's name. @param turn the how manyth it is */
export function nameColor(turn: number): number {
  return COLORS[turn % COLORS.length];
}
