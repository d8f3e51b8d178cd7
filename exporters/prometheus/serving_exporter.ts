import type { HealthMessage } from "../../core/health_message.ts";
import type { SummaryRecord } from "../../core/record.ts";
import type { TaskMessage } from "../../core/task_message.ts";
import type { ListenAddress } from "../settings.ts";
import type { DeliveryCounters, ExportContext, TaskDescription, TelemetryExporter } from "../telemetry.ts";
import { Board } from "./board.ts";
import { Exposition } from "./exposition.ts";
import type { ExpositionFormat } from "./exposition.ts";
import { Listener } from "./listener.ts";
import { metricsServer } from "./server.ts";

/** Scrapes under way at the end may take so long at most. */
const LAST_SCRAPES_MS = 1_000;

/** Shows the latest of every task to whoever scrapes it. */
export class ServingExporter implements TelemetryExporter {
  readonly exporter = "prometheus";
  readonly #board: Board;
  readonly #exposition: Exposition;
  readonly #listener: Listener;
  #sentCount = 0;
  #failedCount = 0;

  constructor(address: ListenAddress, context: ExportContext) {
    this.#board = new Board(context.propletId, context.reports);
    this.#exposition = new Exposition(this.#board);
    const source = {
      render: (format: ExpositionFormat) => this.#render(format),
      lost: () => void this.#failedCount++,
    };
    this.#listener = new Listener(address, () => metricsServer(source), context.notice);
  }

  /** Where it listens. */
  get destination(): string {
    return this.#listener.place;
  }

  /** A newer message takes the place of one that nobody asked for: that is no loss. */
  get counters(): DeliveryCounters {
    return {
      sent_count: this.#sentCount,
      dropped_count: this.#board.lostCount,
      failed_count: this.#failedCount + this.#listener.failedCount,
      queued_count: this.#board.freshCount,
    };
  }

  /** Begin to listen; resolves when it does, or has failed for the first time. */
  open(): Promise<void> {
    return this.#listener.open();
  }

  begin(task: TaskDescription): void {
    this.#board.begin(task);
  }

  message(message: TaskMessage): void {
    this.#board.message(message);
  }

  end(taskId: string, summary: SummaryRecord): void {
    this.#board.end(taskId, summary);
  }

  health(message: HealthMessage): void {
    this.#board.health = message;
  }

  async close(withinMs: number): Promise<void> {
    await this.#listener.close(Math.min(withinMs, LAST_SCRAPES_MS));
    this.#board.close();
  }

  async #render(format: ExpositionFormat): Promise<{ text: string; arrived: () => void }> {
    const snapshot = this.#board.snapshot();
    const text = await this.#exposition.write(format);
    return { text, arrived: () => void (this.#sentCount += this.#board.delivered(snapshot, true)) };
  }
}
