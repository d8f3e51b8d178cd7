import type { ProctorRecord, SummaryRecord } from "../../core/schema/record.ts";
import { checkRunOptions } from "../options.ts";
import type { RunOptions } from "../options.ts";
import { monitorRun } from "./run.ts";

/**
 * Runs one command and hands out its records: all of them as an async iterator, or the summary alone.
 *
 * ```ts
 * const monitor = new ProcessMonitor({ command: ["make", "-j4"] });
 * for await (const record of monitor) if (record.kind === "sample") console.log(record.cpu_percent);
 * ```
 */
export class ProcessMonitor implements AsyncIterable<ProctorRecord> {
  #running: Promise<SummaryRecord> | undefined;
  readonly #records: ProctorRecord[] = [];
  #notify: () => void = () => {};
  #iterated = false;

  /** A monitor of one run. @param options the command, and how to monitor it; nothing is started yet */
  constructor(readonly options: RunOptions) {}

  /**
   * Start the command, wait for its tree, and give the summary; further calls give the same one.
   * @throws ProctorError of kind `usage` when the options make no sense
   */
  run(): Promise<SummaryRecord> {
    this.#running ??= this.#start();
    return this.#running;
  }

  /**
   * Start the command and go through its records, from `start` to `summary`. Leaving the loop early does not
   * end the command (`abort` does); what becomes of it, an error too, `run` tells then. One iterator per monitor:
   * records are handed out once.
   */
  async *[Symbol.asyncIterator](): AsyncIterator<ProctorRecord> {
    this.#iterated = true;
    let over = false;
    const running = this.run().finally(() => {
      over = true;
      this.#notify();
    });
    try {
      for (;;) {
        const record = this.#records.shift();
        if (record) yield record;
        else if (over) break;
        else await new Promise<void>((resolve) => this.#notify = resolve);
      }
    } finally {
      // Nobody will take what comes now; an error of the run is for whoever asks `run` for it.
      running.catch(() => {});
      this.#iterated = false;
      this.#records.length = 0;
    }
    await running; // Lets an error out.
  }

  async #start(): Promise<SummaryRecord> {
    checkRunOptions(this.options);
    const { onRecord } = this.options;
    const { summary } = await monitorRun({
      ...this.options,
      onRecord: (record) => {
        if (this.#iterated) {
          this.#records.push(record);
          this.#notify();
        }
        return onRecord?.(record);
      },
    });
    return summary;
  }
}
