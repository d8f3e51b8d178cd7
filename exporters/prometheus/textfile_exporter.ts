import type { HealthMessage } from "../../core/health_message.ts";
import type { SummaryRecord } from "../../core/record.ts";
import type { TaskMessage } from "../../core/task_message.ts";
import { Backoff } from "../backoff.ts";
import { reasonOf } from "../record_writer.ts";
import type { DeliveryCounters, ExportContext, TaskDescription, TelemetryExporter } from "../telemetry.ts";
import { Board, KEEP_ENDED_MS } from "./board.ts";
import { Exposition } from "./exposition.ts";
import { Textfile } from "./textfile.ts";

/** The file is written no more often than this. */
const SHORTEST_INTERVAL_MS = 1_000;

/** Keeps a file with the latest of every task; at the end it stays as it is. */
export class TextfileExporter implements TelemetryExporter {
  readonly exporter = "prometheus_textfile";
  readonly destination: string;
  readonly #board: Board;
  readonly #exposition: Exposition;
  readonly #file: Textfile;
  readonly #notice: (line: string) => void;
  readonly #backoff = new Backoff(SHORTEST_INTERVAL_MS, 30_000);
  #sentCount = 0;
  #failedCount = 0;
  #told: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Until the file is written without the tasks that have ended. */
  #forgetting: ReturnType<typeof setTimeout> | undefined;
  #lastWriteMs = -Infinity;
  #writing: Promise<void> = Promise.resolve();

  /** @throws ProctorError of kind `usage` when something else than a file stands in its place */
  constructor(path: string, context: ExportContext) {
    this.#file = new Textfile(path);
    this.destination = path;
    this.#board = new Board(context.propletId, context.reports);
    this.#exposition = new Exposition(this.#board);
    this.#notice = context.notice;
  }

  /** A newer message takes the place of one that was not written yet: that is no loss. */
  get counters(): DeliveryCounters {
    return {
      sent_count: this.#sentCount,
      dropped_count: this.#board.lostCount,
      failed_count: this.#failedCount,
      queued_count: this.#board.freshCount,
    };
  }

  begin(task: TaskDescription): void {
    this.#board.begin(task);
    // What the file says of earlier tasks is over.
    this.#schedule();
  }

  message(message: TaskMessage): void {
    this.#board.message(message);
    this.#schedule();
    if (message.state === "running") return;
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.#schedule(), KEEP_ENDED_MS + SHORTEST_INTERVAL_MS);
    this.#forgetting.unref();
  }

  end(taskId: string, summary: SummaryRecord): void {
    this.#board.end(taskId, summary);
  }

  health(message: HealthMessage): void {
    this.#board.health = message;
    this.#schedule();
  }

  async close(withinMs: number): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#forgetting);
    let late: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => late = setTimeout(resolve, withinMs));
    await Promise.race([this.#writing.then(() => this.#write()), deadline]);
    clearTimeout(late);
    clearTimeout(this.#timer);
    this.#file.abandon();
    this.#board.close();
  }

  #schedule(delayMs = Math.max(0, this.#lastWriteMs + SHORTEST_INTERVAL_MS - performance.now())): void {
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#write();
    }, delayMs);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    const snapshot = this.#board.snapshot();
    this.#lastWriteMs = performance.now();
    try {
      await this.#file.write(await this.#exposition.write("text"));
      this.#sentCount += this.#board.delivered(snapshot, false);
      this.#backoff.reset();
      this.#told = undefined;
      this.#timer = undefined;
      // What came meanwhile.
      if (this.#board.freshCount > 0) this.#schedule(SHORTEST_INTERVAL_MS);
    } catch (error) {
      this.#failedCount++;
      const reason = reasonOf(error as NodeJS.ErrnoException);
      if (this.#told !== reason) {
        this.#notice(`prometheus_textfile: cannot write ${this.destination}: ${reason}; trying again`);
      }
      this.#told = reason;
      this.#timer = undefined;
      this.#schedule(this.#backoff.nextMs());
    }
  }
}
