import { usageError } from "../core/error.ts";
import type { ProctorRecord } from "../core/record.ts";
import { RunBuilder } from "../records/run_builder.ts";
import { say } from "./output.ts";
import { unwritable, writePicture } from "./write_picture.ts";

/** The page of a run that goes on: its records are gathered in columns, and drawn at the end. */
export class RunPicture {
  #run: RunBuilder | undefined;

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

  /** Take a record of the run. */
  take(record: ProctorRecord): void {
    if (record.kind === "start") this.#run = new RunBuilder(record, this.file, 1, {});
    else this.#run?.take(record, 0);
  }

  /** Write the page. */
  async finish(): Promise<void> {
    if (!this.#run) return;
    const { reportPage } = await import("../pictures/report_page.ts");
    try {
      writePicture(this.file, reportPage([this.#run.finish()]));
    } catch (error) {
      say(`report: ${(error as Error).message}`);
    }
  }
}
