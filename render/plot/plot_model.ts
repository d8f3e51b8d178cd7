import { usageError } from "../../core/error.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import { findExtremes } from "./downsample.ts";
import type { Line } from "./downsample.ts";
import { marksOf } from "./marks.ts";
import { wallSecondsOf } from "../page/pack_run.ts";
import { PANELS } from "./panels.ts";
import type { Panel } from "./panels.ts";
import { rates } from "./rates.ts";
import { clippedTitle, titlesOf, unsampledNote } from "./titles.ts";
import type { Mark } from "../page/payload.ts";

/** What stands for the bars of processes in a list of panels. */
const TIMELINE = "timeline";
/** What can be asked for. */
export const PLOT_NAMES: readonly string[] = [...PANELS.map(({ id }) => id), TIMELINE];

/** A mark far above what is drawn would flatten it. */
const FARTHEST_MARK = 1.6;
const HEADROOM = 1.06;

/** A line of a plot. */
export interface PlotLine extends Line {
  readonly label: string;
  /** The title of its run; null in a plot of one. */
  readonly run: string | null;
  readonly times: Float64Array;
  readonly highest: number;
  /** Which of the colours: by line in a plot of one run, by run in one of several. */
  readonly color: number;
  readonly dashed: boolean;
}

/** A panel with all it shows. */
export interface PlotPanel {
  readonly panel: Panel;
  readonly lines: readonly PlotLine[];
  readonly marks: readonly Mark[];
  /** The highest value that there is room for. */
  readonly top: number;
}

/** What a plot shows, whatever it is drawn with. */
export interface Plot {
  readonly title: string;
  /** What is missing in it, in a sentence; null for nothing. */
  readonly note: string | null;
  readonly runs: readonly RecordedRun[];
  readonly titles: readonly string[];
  /** Of the longest run. */
  readonly seconds: number;
  readonly panels: readonly PlotPanel[];
  readonly timeline: boolean;
}

/**
 * Choose what a plot shows.
 *
 * @param names panels, in the order of the plot; those without a known value are left out
 * @throws ProctorError of kind `usage` when nothing is left
 */
export function plotOf(runs: readonly RecordedRun[], names: readonly string[]): Plot {
  const titles = titlesOf(runs);
  const panels = names.flatMap((name) => {
    const panel = PANELS.find(({ id }) => id === name);
    const made = panel && panelOf(runs, titles, panel);
    return made && made.lines.length > 0 ? [made] : [];
  });
  const timeline = names.includes(TIMELINE) &&
    runs.some(({ processes, unended }) => processes.length + unended.length > 0);
  if (panels.length === 0 && !timeline) {
    const why = runs.every(({ samples }) => samples.length === 0)
      ? "no run lasted to its first sample; record with a shorter --interval"
      : `the records know nothing of ${names.join(", ")}`;
    throw usageError(`there is nothing to plot: ${why}`);
  }
  return {
    title: titles.length > 3 ? `${titles.length} runs` : titles.join(" · "),
    note: unsampledNote(runs),
    runs,
    titles,
    seconds: Math.max(1e-3, ...runs.map(wallSecondsOf)),
    panels,
    timeline,
  };
}

/** What a line is called in a legend, in so many letters. */
export function nameOf({ run, label }: PlotLine, length: number): string {
  return run === null ? label : `${clippedTitle(run, Math.max(1, length - label.length - 2))}, ${label}`;
}

function panelOf(runs: readonly RecordedRun[], titles: readonly string[], panel: Panel): PlotPanel {
  const several = runs.length > 1;
  const lines = runs.flatMap((run, runIndex) => {
    const times = run.samples.column("elapsed_seconds");
    if (!times) return [];
    return panel.lines.flatMap(({ column, label }, lineIndex): PlotLine[] => {
      const raw = run.samples.column(column);
      if (!raw) return [];
      const values = panel.kind === "rate" ? rates(times, raw) : raw;
      return [{
        label,
        run: several ? titles[runIndex] : null,
        times,
        values,
        extremes: findExtremes(values),
        highest: values.reduce((most, value) => value > most ? value : most, 0),
        color: several ? runIndex : lineIndex,
        dashed: several && lineIndex > 0,
      }];
    });
  });
  const highest = lines.reduce((most, line) => Math.max(most, line.highest), 0);
  const marks = several
    ? []
    : marksOf(runs[0]).filter((mark) => mark.panel === panel.id && mark.value <= highest * FARTHEST_MARK);
  const top = marks.reduce((most, { value }) => Math.max(most, value), highest);
  return { panel, lines, marks, top: top > 0 ? top * HEADROOM : 1 };
}
