import { basename } from "node:path";
import { usageError } from "../../core/error.ts";
import type { EndedRun, RunSet } from "../../core/compare/comparison.ts";
import { readRuns } from "../../records/read_runs.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";

/** Runs as they were read. */
export interface ReadSet extends RunSet {
  readonly runs: readonly (RecordedRun & EndedRun)[];
}

/**
 * Read records files, each as a set of runs.
 *
 * @param whole with their samples and processes, for pictures
 * @returns the sets, and what was left out of them: sentences
 * @throws ProctorError of kind `usage` when a file cannot be read, or has no run that ended
 */
export async function readRunSets(
  files: readonly string[],
  whole = false,
): Promise<{ sets: ReadSet[]; notes: string[] }> {
  if (files.filter((file) => file === "-").length > 1) {
    throw usageError("compare: standard input can be read once only");
  }
  const notes: string[] = [];
  const all: ReadSet[] = [];
  for (const file of files) {
    const recorded = await readRuns(file, { samples: whole, processes: whole });
    const label = file === "-" ? "standard input" : file;
    // Whoever attaches for a while interrupts the watching, not the run: then all of them are so.
    const isSeries = recorded.some(({ summary }) => summary !== null && summary.outcome !== "interrupted");
    const runs = recorded.filter(hasEnded).filter(({ summary }) =>
      !isSeries || summary.outcome !== "interrupted"
    );
    for (const run of recorded) {
      if (runs.some(({ start }) => start === run.start)) continue;
      notes.push(`${label}:${run.line}: a run that ${whyNot(run)} is left out`);
    }
    if (runs.length === 0) {
      throw usageError(`${label}: none of its runs has ended, so that there is nothing to compare`);
    }
    all.push({ label, file: label, runs });
  }
  const labels = shortLabels(all);
  return { sets: all.map((set, index) => ({ ...set, label: labels[index] })), notes };
}

function whyNot({ summary }: RecordedRun): string {
  if (summary === null) return "has no summary (cut off, or still going on)";
  return summary.outcome === "interrupted" ? "was interrupted" : "never started";
}

function hasEnded(run: RecordedRun): run is RecordedRun & EndedRun {
  return run.summary !== null && run.summary.outcome !== "failed_to_start";
}

/** The names that the runs were given, or those of the files, or their paths: the first that tells all sets apart. */
function shortLabels(sets: readonly RunSet[]): string[] {
  const names = sets.map(({ runs }) => {
    const given = new Set(runs.map(({ start }) => start.name));
    return given.size === 1 ? [...given][0] : undefined;
  });
  const files = sets.map(({ label }) => basename(label).replace(/\.jsonl?$/, ""));
  const paths = sets.map(({ label }) => label);
  const isGood = (labels: readonly (string | undefined)[]) =>
    new Set(labels).size === sets.length && labels.every(Boolean);
  return [names, files, paths].find(isGood) as string[] | undefined ??
    paths.map((path, index) => `${path} (${index + 1})`);
}
