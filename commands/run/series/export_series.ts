import { seriesResults } from "../../../core/compare/series.ts";
import type { SeriesResults, SeriesSet } from "../../../core/compare/series.ts";
import { printableJson } from "../../../core/printable.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { say } from "../../../io/terminal/output.ts";
import { writeFileWhole } from "../../../platform/mod.ts";
import { madeByOthers } from "../../options/output_files.ts";
import { exportFiles } from "./export_files.ts";
import type { ExportFormat } from "./export_files.ts";
import type { SeriesFlags } from "./series_options.ts";

/** Write the files that were asked for; false when one could not be, which is printed. */
export async function exportSeries(
  sets: readonly SeriesSet[],
  flags: SeriesFlags,
  force: boolean,
): Promise<boolean> {
  const files = exportFiles(flags);
  if (files.length === 0) return true;
  const results = seriesResults(sets);
  let isWhole = true;
  for (const { option, path, kind } of files) {
    try {
      const obstacle = force ? undefined : madeByOthers(path, kind);
      if (obstacle !== undefined) throw new Error(obstacle);
      writeFileWhole(path, await written(kind, sets, results));
    } catch (error) {
      isWhole = false;
      say(`${option}: cannot write ${path}: ${reasonOf(error)}`);
    }
  }
  return isWhole;
}

async function written(
  kind: ExportFormat,
  sets: readonly SeriesSet[],
  results: SeriesResults,
): Promise<string> {
  if (kind === "series_json") return `${printableJson(results, 2)}\n`;
  if (kind === "series_csv") {
    return (await import("../../../records/formats/series_csv.ts")).seriesCsv(results);
  }
  const { seriesMarkup } = await import("../../../render/text/series_markup.ts");
  return seriesMarkup(sets, kind === "series_markdown" ? "markdown" : "asciidoc");
}
