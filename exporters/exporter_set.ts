import type { HealthMessage } from "../core/health_message.ts";
import type { ExporterReport, SummaryRecord } from "../core/record.ts";
import type { TaskMessage } from "../core/task_message.ts";
import type { LifecycleEvent, TaskDescription, TelemetryExporter } from "./telemetry.ts";

/** Several exporters as one; none disturbs another. */
export class ExporterSet {
  readonly #failed = new Set<TelemetryExporter>();

  /**
   * @param propletId who reports
   * @param notice gets a line when an exporter fails where it must not: only that one suffers
   */
  constructor(
    readonly propletId: string,
    readonly exporters: readonly TelemetryExporter[],
    readonly notice: (line: string) => void,
  ) {}

  /** How delivery stands with each. */
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

  /** What is told of a task at a tick. */
  readonly message = (message: TaskMessage): void => {
    this.#each((exporter) => exporter.message(message));
  };

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

  /** Deliver what waits, but for so many milliseconds at most, then let go of everything. */
  async close(withinMs: number): Promise<void> {
    await Promise.allSettled(this.exporters.map((exporter) => exporter.close(withinMs)));
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
