import { compareSets } from "../../../core/compare/comparison.ts";
import type { EndedRun } from "../../../core/compare/comparison.ts";
import { DEFAULT_QUANTITIES } from "../../../core/compare/quantity.ts";
import type { SeriesSet } from "../../../core/compare/series.ts";
import { printableJson } from "../../../core/printable.ts";
import { summaryFormat } from "../watch_options.ts";
import type { Reporting } from "../reporting.ts";
import type { SeriesCommand } from "./series_commands.ts";
import type { SeriesFlags } from "./series_options.ts";

/**
 * Print what a series has measured, and write what is exported; commands without a run are left out.
 *
 * @returns whether all files that were asked for are there
 */
export async function deliverSeries(
  commands: readonly (SeriesCommand & { readonly runs: readonly EndedRun[] })[],
  reporting: Reporting,
  flags: SeriesFlags,
): Promise<boolean> {
  const isAlone = commands.length === 1;
  const { name } = reporting.flags;
  const sets = commands.filter(({ runs }) => runs.length > 0).map((
    { label, runs, parameters },
  ): SeriesSet => ({
    label: isAlone ? flags.commandName?.[0] || name || "proctor" : label,
    file: null,
    runs,
    parameters,
  }));
  await reporting.conclude(await textOf(sets, reporting, flags));
  if (sets.length === 0) return true;
  const { exportSeries } = await import("./export_series.ts");
  // The file names the command, whatever it is called on the screen.
  const exported = isAlone ? [{ ...sets[0], label: commands[0].label }] : sets;
  return exportSeries(exported, flags, reporting.flags.force === true);
}

async function textOf(sets: readonly SeriesSet[], reporting: Reporting, flags: SeriesFlags): Promise<string> {
  const format = summaryFormat(reporting.flags);
  if (format === "none" || sets.length === 0) return "";
  if (format === "json") return `${printableJson(compareSets(sets, DEFAULT_QUANTITIES))}\n`;
  const { seriesText } = await import("../../../render/text/series_text.ts");
  return seriesText(sets, { color: reporting.isColored, hasWarmup: flags.warmup !== undefined });
}
