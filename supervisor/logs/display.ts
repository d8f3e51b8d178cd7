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
