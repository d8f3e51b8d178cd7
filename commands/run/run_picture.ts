import { usageError } from "../../core/error.ts";
import type { ProctorRecord } from "../../core/schema/record.ts";
import { compileSoon } from "../../ffi/mod.ts";
import { RunBuilder } from "../../records/run_builder.ts";
import { madeByOthers } from "../options/output_files.ts";
import { say } from "../../io/terminal/output.ts";
import { unwritable, writePage, writePicture } from "../options/write_picture.ts";

/** The page of a run that goes on, or of several: their records are gathered in columns, and drawn at the end. */
export class RunPicture {
  readonly #runs: RunBuilder[] = [];
  /** Whether the page is there, or there was nothing to draw. */
  isWritten = true;

  private constructor(readonly file: string, readonly force: boolean, readonly quiet: boolean) {}

  /**
   * What cannot be written is told before the run begins, and the run goes on.
   *
   * @param force whether what the command has put in its place is overwritten
   * @param quiet whether the line that says where the page was written is left out
   * @throws ProctorError of kind `usage` for standard output
   */
  static open(file: string, force: boolean, quiet: boolean): RunPicture | undefined {
    if (file === "-") {
      throw usageError("--report: standard output is the command's; write the page to a file");
    }
    const problem = unwritable(file);
    if (problem === undefined) return new RunPicture(file, force, quiet);
    say(`report: ${problem}; the run goes on without it`);
    return undefined;
  }

  /** Take a record; a start begins another run. */
  take(record: ProctorRecord): void {
    if (record.kind === "start") this.#runs.push(new RunBuilder(record, this.file, 1, {}));
    else this.#runs.at(-1)?.take(record, 0);
  }

  /** Write the page. */
  async finish(): Promise<void> {
    if (this.#runs.length === 0) return;
    compileSoon();
    const { reportPage } = await import("../../render/page/report_page.ts");
    try {
      const obstacle = this.force ? undefined : madeByOthers(this.file, "page");
      if (obstacle) throw new Error(`cannot write ${this.file}: ${obstacle}`);
      const write = this.quiet ? writePicture : writePage;
      write(this.file, reportPage(this.#runs.map((run) => run.finish())));
    } catch (error) {
      this.isWritten = false;
      say(`report: ${(error as Error).message}`);
    }
  }
}
