import type { LogEntry } from "./entry.ts";
import type { LogPlan } from "./resolve.ts";
import type { StreamPipeline } from "./stream_pipeline.ts";

/** Lines that wait for others, or for their own end, do not wait for ever. */
export class WaitingLines {
  #settling: ReturnType<typeof setTimeout> | undefined;
  #showing: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param pipelines those there are at the moment
   * @param write takes entries from the pipelines, and writes them
   */
  constructor(
    readonly multiline: LogPlan["multiline"],
    readonly pipelines: () => readonly StreamPipeline[],
    readonly write: (take: () => LogEntry[]) => Promise<void>,
  ) {}

  /** Something has come: restart the wait. */
  later(): void {
    this.stop();
    const pipelines = this.pipelines();
    // What waits to be joined is complete when nothing has come for a while.
    if (this.multiline && pipelines.some(({ isJoining }) => isJoining)) {
      this.#settling = this.#in(this.multiline.timeoutMs, (pipeline) => pipeline.settle());
    }
    // A line that does not end is shown as far as it has come.
    const due = pipelines.flatMap(({ partialInMs }) => partialInMs ?? []);
    if (due.length > 0) this.#showing = this.#in(Math.min(...due), (pipeline) => pipeline.showPartial());
  }

  stop(): void {
    clearTimeout(this.#settling);
    clearTimeout(this.#showing);
  }

  #in(ms: number, take: (pipeline: StreamPipeline) => LogEntry[]): ReturnType<typeof setTimeout> {
    return setTimeout(() => void this.write(() => this.pipelines().flatMap(take)).catch(() => {}), ms);
  }
}
