import { clippedTitle } from "../../plot/titles.ts";
import { make } from "../parts/dom.ts";
import type { PageRun } from "./page_run.ts";
import { COLORED_EXECUTABLES } from "./timeline.ts";

const LONGEST_NAME = 24;

/** An executable of the timeline, and its colour. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
}

/** The executables of a run that have a colour of their own, and how many share one. */
export function legendEntries(run: PageRun, colors: readonly string[]): LegendEntry[] {
  const present = [...new Set(run.process("executable"))].toSorted((a, b) => a - b);
  const own = present.filter((index) => index < COLORED_EXECUTABLES).map((index) => ({
    name: clippedTitle(run.packed.names.executables[index], LONGEST_NAME),
    color: colors[index],
  }));
  const others = present.length - own.length;
  return others === 0
    ? own
    : [...own, { name: `${others} other${others === 1 ? "" : "s"}`, color: colors[COLORED_EXECUTABLES] }];
}

/** Them as the legend of the timeline. */
export function timelineLegend(entries: readonly LegendEntry[]): HTMLElement {
  return make(
    "div",
    { class: "legend executables" },
    ...entries.map(({ name, color }) => {
      const swatch = make("i", { class: "swatch" });
      swatch.style.setProperty("--swatch", color);
      return make("span", {}, swatch, name);
    }),
  );
}
