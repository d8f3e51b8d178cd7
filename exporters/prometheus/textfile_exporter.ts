import { basename } from "node:path";
import type { HealthMessage } from "../../core/schema/health_message.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { Backoff } from "../../io/backoff.ts";
import { reasonOf } from "../../io/errno_words.ts";
import type { ExportContext, TaskDescription, TelemetryExporter } from "../telemetry.ts";
import type { LabelStyle } from "./agent_label.ts";
import { KEEP_ENDED_MS } from "./board.ts";
import { BoardExporter } from "./board_exporter.ts";
import { Exposition } from "./exposition.ts";
import { Textfile } from "./textfile.ts";
import { waitAtMost } from "../../io/deadline.ts";
import type { Lock } from "../../platform/mod.ts";

/** The file is written no more often than this. */
const SHORTEST_INTERVAL_MS = 1_000;

/** Keeps a file with the latest values of every task; it remains after the end. */
export class TextfileExporter extends BoardExporter implements TelemetryExporter {
  readonly exporter = "prometheus_textfile";
  readonly destination: string;
  readonly #exposition: Exposition;
  readonly #file: Textfile;
  readonly #notice: (line: string) => void;
  readonly #backoff = new Backoff(SHORTEST_INTERVAL_MS, 30_000);
  #told: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Until the file is written without the tasks that have ended. */
  #forgetting: ReturnType<typeof setTimeout> | undefined;
  #lastWriteMs = -Infinity;
  #writing: Promise<void> = Promise.resolve();
  /** From then on only the last write is begun: another beside it would take its temporary file away. */
  #isClosing = false;

  /**
   * @param owner keeps others away until the end
   * @throws ProctorError of kind `usage` when something else than a file stands in its place
   */
  constructor(path: string, context: ExportContext, labels: LabelStyle, readonly owner?: Lock) {
    super(context, labels);
    this.#file = new Textfile(path);
    this.destination = path;
    this.#exposition = new Exposition(this.board, { textfile: basename(path).replace(/\.prom$/, "") });
    this.#notice = context.notice;
  }

  override begin(task: TaskDescription): void {
    super.begin(task);
    // What the file says of earlier tasks is over.
    this.#schedule();
  }

  override message(message: TaskMessage): void {
    super.message(message);
    this.#schedule();
    if (message.state === "running") return;
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.#schedule(), KEEP_ENDED_MS + SHORTEST_INTERVAL_MS);
    this.#forgetting.unref();
  }

  override health(message: HealthMessage): void {
    super.health(message);
    this.#schedule();
  }

  async close(withinMs: number): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#forgetting);
    await waitAtMost(withinMs, this.#writing.then(() => this.#write()));
    this.#file.abandon();
    this.owner?.release();
    this.board.close();
  }

  #schedule(delayMs = Math.max(0, this.#lastWriteMs + SHORTEST_INTERVAL_MS - performance.now())): void {
    if (this.#isClosing) return;
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#write();
    }, delayMs);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    const snapshot = this.board.snapshot();
    this.#lastWriteMs = performance.now();
    try {
      await this.#file.write(await this.#exposition.write("text"));
      this.sentCount += this.board.delivered(snapshot, false);
      this.#backoff.reset();
      this.#told = undefined;
      this.#timer = undefined;
      // What came meanwhile.
      if (this.board.freshCount > 0) this.#schedule(SHORTEST_INTERVAL_MS);
    } catch (error) {
      this.failedCount++;
      const reason = reasonOf(error);
      if (this.#told !== reason) {
        this.#notice(`prometheus_textfile: cannot write ${this.destination}: ${reason}; trying again`);
      }
      this.#told = reason;
      this.#timer = undefined;
      this.#schedule(this.#backoff.nextMs());
    }
  }
}
