import { usageError } from "../core/error.ts";
import type { ProctorRecord } from "../core/record.ts";
import { RunBuilder } from "../records/run_builder.ts";
import { say } from "./output.ts";
import { unwritable, writePicture } from "./write_picture.ts";

/** The page of a run that goes on, or of several: their records are gathered in columns, and drawn at the end. */
export class RunPicture {
  readonly #runs: RunBuilder[] = [];

  private constructor(readonly file: string) {}

  /**
   * What cannot be written is told before the run begins, and the run goes on.
   *
   * @throws ProctorError of kind `usage` for standard output
   */
  static open(file: string): RunPicture | undefined {
    if (file === "-") {
      throw usageError("--report: standard output is the command's; write the page to a file");
    }
    const problem = unwritable(file);
    if (problem === undefined) return new RunPicture(file);
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
    const { reportPage } = await import("../pictures/report_page.ts");
    try {
      writePicture(this.file, reportPage(this.#runs.map((run) => run.finish())));
    } catch (error) {
      say(`report: ${(error as Error).message}`);
    }
  }
}
