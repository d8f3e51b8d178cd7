import { Listener } from "./listener.ts";
import type { ListenAddress } from "../settings.ts";
import type { DeliveryCounters, ExportContext, TelemetryExporter } from "../telemetry.ts";
import type { LabelStyle } from "./agent_label.ts";
import { BoardExporter } from "./board_exporter.ts";
import { Exposition } from "./exposition.ts";
import type { ExpositionFormat } from "./exposition.ts";
import { metricsServer } from "./server.ts";

/** Scrapes under way at the end may take so long at most. */
const LAST_SCRAPES_MS = 1_000;

/** Serves the latest values of every task to scrapers. */
export class ServingExporter extends BoardExporter implements TelemetryExporter {
  readonly exporter = "prometheus";
  readonly #exposition: Exposition;
  readonly #listener: Listener;

  constructor(address: ListenAddress, context: ExportContext, labels: LabelStyle) {
    super(context, labels);
    this.#exposition = new Exposition(this.board);
    const source = {
      render: (format: ExpositionFormat) => this.#render(format),
      lost: () => void this.failedCount++,
    };
    const host = "host" in address ? address.host : undefined;
    const make = () => metricsServer(source, undefined, host);
    this.#listener = new Listener(address, make, context.notice);
  }

  /** Where it listens. */
  get destination(): string {
    return this.#listener.place;
  }

  override get counters(): DeliveryCounters {
    return { ...super.counters, failed_count: this.failedCount + this.#listener.failedCount };
  }

  /** Begin to listen; resolves when it does, or has failed for the first time. */
  open(): Promise<void> {
    return this.#listener.open();
  }

  async close(withinMs: number): Promise<void> {
    await this.#listener.close(Math.min(withinMs, LAST_SCRAPES_MS));
    this.board.close();
  }

  async #render(format: ExpositionFormat): Promise<{ text: string; arrived: () => void }> {
    const snapshot = this.board.snapshot();
    const text = await this.#exposition.write(format);
    return { text, arrived: () => void (this.sentCount += this.board.delivered(snapshot, true)) };
  }
}
