import { Command } from "commander";
import { usageError } from "../../core/error.ts";
import { compileSoon } from "../../ffi/mod.ts";
import { say } from "../../io/terminal/output.ts";
import { writePage } from "../options/write_picture.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import { checkOutputFiles, checkPageName } from "../options/output_files.ts";

/** More would be no comparison but a catalogue, and a file that no browser likes. */
const MOST_RUNS = 24;

const EXAMPLES = `
RECORDS are files that run, attach or the library have written (JSON lines); -
is standard input. The page needs nothing beside it and no network. Every sample
stands in it; where several fall into one column of pixels, the first, the
lowest, the highest and the last are drawn, so a peak is seen at any zoom.

Examples:
  proctor run --records run.jsonl -- make -j4
  proctor report run.jsonl -o run.html
  proctor report before.jsonl after.jsonl -o both.html     two runs side by side
  proctor run --report run.html -- make -j4                in one go
`;

/** `proctor report`: records as a page to look at. */
export function reportCommand(): Command {
  return new Command("report")
    .description("make a page of charts from records: one HTML file to open, send and keep")
    .argument("<records...>", "records files; several are shown side by side")
    .requiredOption("-o, --output <file.html>", "where the page goes; - is standard output")
    .option("--force", "overwrite a file that is there and was not written by proctor")
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], { output, force }: { output: string; force?: boolean }) => {
      checkPageName("--output", output);
      if (output !== "-") {
        checkOutputFiles([{ option: "--output", path: output, kind: "page" }], { force, inputs: files });
      }
      await writeReport(files, output);
    });
}

/**
 * Read records and write the page.
 *
 * @throws ProctorError where a file cannot be read, holds no records, or the page cannot be written
 */
async function writeReport(files: readonly string[], output: string): Promise<void> {
  const runs = await readAll(files);
  for (const { file, notes } of runs) for (const note of notes) say(`${file}: ${note}`);
  const { reportPage } = await import("../../render/page/report_page.ts");
  writePage(output, reportPage(runs));
}

/** The runs of some files, in order. */
export async function readAll(files: readonly string[]): Promise<RecordedRun[]> {
  compileSoon();
  const { readRuns } = await import("../../records/read_runs.ts");
  const runs: RecordedRun[] = [];
  for (const file of files) runs.push(...await readRuns(file));
  if (runs.length > MOST_RUNS) {
    throw usageError(`${runs.length} runs are too many for one picture; ${MOST_RUNS} is the most`);
  }
  return runs;
}
