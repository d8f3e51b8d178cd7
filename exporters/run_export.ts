import type { MetricName } from "../core/measure/metrics.ts";
import { RunMessages } from "../core/measure/run_messages.ts";
import type { ProctorRecord } from "../core/schema/record.ts";
import type { ExporterSet } from "./exporter_set.ts";

/**
 * Exports one run or attach: hands its records to exporters as the messages of a task.
 *
 * ```ts
 * const exporters = await openExporters({ prometheus_textfile: "build.prom" });
 * const exported = new RunExport(exporters, "build", metrics);
 * await run(["make"], { onRecord: exported.take });
 * await exporters.close(5_000);
 * ```
 */
export class RunExport {
  readonly #messages: RunMessages;

  /**
   * The export of one run, as the task `taskId`.
   * @param metrics those that the run collects
   * @param name the run's label
   */
  constructor(
    readonly exporters: ExporterSet,
    readonly taskId: string,
    metrics: readonly MetricName[],
    readonly name: string | null = null,
  ) {
    this.#messages = new RunMessages(taskId, exporters.propletId, metrics);
  }

  /** Hand over what a record says. */
  readonly take = (record: ProctorRecord): void => {
    const { exporters, taskId, name } = this;
    if (record.kind === "start") {
      const { command, pid, timestamp } = record;
      exporters.begin({ task_id: taskId, name, command, pid, start_time: timestamp });
    }
    if (record.kind === "process") exporters.process(taskId, record);
    const message = this.#messages.of(record);
    if (message) exporters.message(message);
    if (record.kind === "summary") exporters.end(taskId, record);
  };
}
