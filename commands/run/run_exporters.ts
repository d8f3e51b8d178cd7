import { randomUUID } from "node:crypto";
import { ProctorError, usageError } from "../../core/error.ts";
import type { ExporterReport, ProctorRecord } from "../../core/schema/record.ts";
import { EXPORT_OPTIONS } from "../../exporters/export_options.ts";
import type { ExportKey } from "../../exporters/export_options.ts";
import { openExporters } from "../../exporters/open.ts";
import { RunExport } from "../../exporters/run_export.ts";
import type { ExportInput } from "../../exporters/settings.ts";
import { say } from "../../io/terminal/output.ts";
import type { SamplingPlan } from "../../monitor/sampling_plan.ts";
import { Pace } from "../../monitor/pace.ts";
import { flagOf } from "../options/export_options.ts";

/** The last messages may take so long to leave; then they are given up, and counted as dropped. */
const CLOSE_WITHIN_MS = 5_000;

/** The exporters of one run or attach. */
export class RunExporters {
  private constructor(readonly exported: RunExport, readonly pace: Pace) {}

  /**
   * Open those that the flags ask for.
   * @throws ProctorError of kind `usage` when the flags make no sense
   */
  static async open(input: ExportInput, plan: SamplingPlan, name: string | undefined): Promise<RunExporters> {
    if (!plan.profile.enabled || !plan.profile.export_to_mqtt) {
      throw usageError(
        "profile: it exports nothing (export_to_mqtt is false); choose another, such as standard",
      );
    }
    const taskId = input.task_id ?? (name || randomUUID());
    const pace = new Pace();
    const exporters = await openExporters(input, {
      onDenser: (intervals) => pace.set(intervals.get(taskId)),
      isAgent: false,
      onNotice: (line) => say(flagged(line)),
    }).catch(
      (error) => {
        throw withFlags(error);
      },
    );
    return new RunExporters(new RunExport(exporters, taskId, plan.metrics, name || null), pace);
  }

  /** What the command is to find in its environment. */
  get environment(): Record<string, string> {
    return this.exported.exporters.environment(this.exported.taskId);
  }

  /** Hand over what a record says. */
  take(record: ProctorRecord): void {
    this.exported.take(record);
  }

  /** Deliver what waits, within a bound, and tell what became of it all. */
  async close(): Promise<ExporterReport[]> {
    const { exporters } = this.exported;
    await exporters.close(CLOSE_WITHIN_MS);
    return exporters.reports;
  }
}

/** The same error with flags in the place of the settings' keys. */
export function withFlags(error: unknown): unknown {
  if (!(error instanceof ProctorError)) return error;
  // A flag that is repeated is named without the number of its value.
  const message = error.message.replace(
    /(?<=^|; )([a-z_]+)(?:\.\d+)?(?=[.:])/g,
    (_, word: string) => flagOrWord(word),
  );
  return new ProctorError(error.kind, flagged(message));
}

/** A line with flags in the place of keys, where these are no other words: `mqtt_queue`, or `topic TEMPLATE`. */
function flagged(line: string): string {
  return line.replace(/(?<![\w{/.-])(?:[a-z]+_[a-z_]+(?![\w/])|[a-z]+(?= [A-Z]{2,}\b))/g, flagOrWord);
}

function flagOrWord(word: string): string {
  return Object.hasOwn(EXPORT_OPTIONS, word) ? flagOf(word as ExportKey) : word;
}
