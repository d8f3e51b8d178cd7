import type { HealthMessage } from "../core/schema/health_message.ts";
import type { ExporterReport, ProcessRecord, SummaryRecord } from "../core/schema/record.ts";
import type { TaskMessage } from "../core/schema/task_message.ts";
import type { LifecycleEvent, TaskDescription, TelemetryExporter } from "./telemetry.ts";
import { waitAtMost } from "../io/deadline.ts";

/** An exporter may be late by so much, in milliseconds. */
const LATE_MS = 1_000;

/** Several exporters as one; none disturbs another. */
export class ExporterSet {
  readonly #failed = new Set<TelemetryExporter>();

  /**
   * A set of exporters that are open.
   * @param propletId who reports
   * @param notice gets a line when an exporter fails where it must not: only that one suffers
   * @param agentId which agent; independent of the host's name
   */
  constructor(
    readonly propletId: string,
    readonly exporters: readonly TelemetryExporter[],
    readonly notice: (line: string) => void,
    readonly agentId: string | null = null,
  ) {}

  /** The delivery counters of each. */
  get reports(): ExporterReport[] {
    return this.exporters.map(({ exporter, destination, counters }) => ({
      exporter,
      destination,
      ...counters,
    }));
  }

  /** What a task's command is to find in its environment; asked before it starts. */
  environment(taskId: string): Record<string, string> {
    const variables: Record<string, string> = {};
    this.#each((exporter) => Object.assign(variables, exporter.environment?.(taskId)));
    return variables;
  }

  /** A task begins; its messages follow. */
  begin(task: TaskDescription): void {
    this.#each((exporter) => exporter.begin?.(task));
  }

  /** The message of a task at a tick. */
  readonly message = (message: TaskMessage): void => {
    this.#each((exporter) => exporter.message(message));
  };

  /** A process of a run has ended. */
  process(taskId: string, process: ProcessRecord): void {
    this.#each((exporter) => exporter.process?.(taskId, process));
  }

  /** A run is over. */
  end(taskId: string, summary: SummaryRecord): void {
    this.#each((exporter) => exporter.end?.(taskId, summary));
  }

  /** How we are ourselves, and the host. */
  health(message: HealthMessage): void {
    this.#each((exporter) => exporter.health?.(message));
  }

  /** Something has happened. */
  event(event: LifecycleEvent): void {
    this.#each((exporter) => exporter.event?.(event));
  }

  /** Deliver what is queued within a time in milliseconds, then release everything. */
  async close(withinMs: number): Promise<void> {
    const closed = Promise.allSettled(this.exporters.map((exporter) => exporter.close(withinMs)));
    // Each keeps the bound by itself; one that does not must not hold up a program that ends.
    await waitAtMost(withinMs + LATE_MS, closed);
  }

  #each(hand: (exporter: TelemetryExporter) => void): void {
    for (const exporter of this.exporters) {
      try {
        hand(exporter);
      } catch (error) {
        if (!this.#failed.has(exporter)) this.notice(`${exporter.exporter}: ${String(error)}`);
        this.#failed.add(exporter);
      }
    }
  }
}
