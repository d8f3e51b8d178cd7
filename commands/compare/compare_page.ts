import type { Comparison } from "../../core/schema/comparison_schema.ts";
import { writePage } from "../options/write_picture.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import { reportPage } from "../../render/page/report_page.ts";
import type { ReadSet } from "./run_sets.ts";

/**
 * Write a comparison as a page, on which each set is drawn by its run of median duration.
 *
 * @throws ProctorError of kind `system` when it cannot be written
 */
export function writeComparisonPage(sets: readonly ReadSet[], comparison: Comparison, file: string): void {
  writePage(file, reportPage(sets.map(typical), comparison));
}

/** The run in the middle, under the name of its set. */
function typical({ label, runs }: ReadSet): RecordedRun {
  const sorted = runs.toSorted((a, b) => a.summary.wall_seconds - b.summary.wall_seconds);
  const run = sorted[(sorted.length - 1) >> 1];
  return { ...run, start: { ...run.start, name: label }, summary: { ...run.summary, name: label } };
}
