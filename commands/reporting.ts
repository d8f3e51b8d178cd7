import { writeFileSync } from "node:fs";
import { usageError } from "../core/error.ts";
import type { ProctorRecord, StartRecord, SummaryRecord } from "../core/record.ts";
import type { MetricName } from "../core/metric.ts";
import type { SamplingPlan } from "../monitor/options.ts";
import type { Exporter } from "../exporters/exporter.ts";
import { jsonl } from "../exporters/jsonl.ts";
import { reasonOf, RecordWriter } from "../exporters/record_writer.ts";
import type { Platform } from "../platform/mod.ts";
import { colorsWelcome, printError, printOut, say } from "./output.ts";
import { openOutput, rotationOf } from "./record_output.ts";
import { exportInput } from "./export_options.ts";
import type { RunExporters } from "./run_exporters.ts";
import type { RunPicture } from "./run_picture.ts";
import type { WatchFlags } from "./watch_options.ts";

/** Where the records and the summary of one run go. */
export class Reporting {
  #start: StartRecord | undefined;

  private constructor(
    readonly flags: WatchFlags,
    readonly writer: RecordWriter | undefined,
    readonly exporters: RunExporters | undefined,
    readonly picture: RunPicture | undefined,
  ) {}

  /** Open what the flags ask for; what cannot be opened is told, and the run goes on. */
  static async open(flags: WatchFlags, plan: SamplingPlan, platform: Platform): Promise<Reporting> {
    const { records, summaryFile } = flags;
    if (records && "descriptor" in records && records.descriptor === 1 && summaryFile === "-") {
      throw usageError("--summary-file: standard output belongs to the records; write the summary to a file");
    }
    if (!records && flags.format !== "jsonl") {
      throw usageError("--format: there are no records; add --records FILE");
    }
    const rotation = rotationOf(flags, records);
    if (rotation && flags.format === "csv") {
      throw usageError("--records-max-size: CSV has its header in one file; leave out --format csv");
    }
    const exporters = await openExporters(flags, plan);
    const output = records && await openOutput(records, platform, say, { rotation });
    const writer = output && new RecordWriter(output, await exporter(flags, plan.metrics), say);
    return new Reporting(flags, writer, exporters, await picture(flags.report));
  }

  /** Take a record. */
  readonly record = (record: ProctorRecord): void => {
    if (record.kind === "start") this.#start = record;
    this.exporters?.take(record);
    // With exporters it waits for what became of their messages.
    if (record.kind !== "summary" || !this.exporters) this.writer?.write(record);
    this.picture?.take(record);
  };

  /** Tell the user something, unless asked to be quiet. */
  readonly notice = (line: string): void => {
    if (!this.flags.quiet) say(line);
  };

  /** Write the summary of the one run, and what is still queued. */
  async finish(summary: SummaryRecord): Promise<void> {
    if (this.exporters) {
      summary.monitor.exporters = await this.exporters.close();
      this.writer?.write(summary);
    }
    await this.conclude(await this.#render(summary));
  }

  /** Write what is still queued, and a summary that somebody else has made. */
  async conclude(text: string): Promise<void> {
    await this.writer?.close();
    await this.picture?.finish();
    const { summaryFile } = this.flags;
    if (summaryFile === "-") printOut(text);
    else if (summaryFile !== undefined) writeSummary(summaryFile, text);
    else if (!this.flags.quiet && text !== "") printError(text);
  }

  /** Whether the summary may have colours. */
  get isColored(): boolean {
    return this.flags.color && this.flags.summaryFile === undefined && colorsWelcome();
  }

  async #render(summary: SummaryRecord): Promise<string> {
    const { summary: format } = this.flags;
    if (format === "none") return "";
    if (format === "json") return `${JSON.stringify(summary)}\n`;
    // The error line has said it all.
    if (summary.outcome === "failed_to_start") return "";
    const { report } = await import("../exporters/report.ts");
    const command = (this.flags.name || undefined) ?? this.#start?.command.join(" ") ?? "";
    return report(summary, command, this.isColored);
  }
}

async function picture(file: string | undefined): Promise<RunPicture | undefined> {
  if (file === undefined) return undefined;
  const { RunPicture } = await import("./run_picture.ts");
  return RunPicture.open(file);
}

/** Loaded only where it is asked for: a run starts without it. */
async function openExporters(flags: WatchFlags, plan: SamplingPlan): Promise<RunExporters | undefined> {
  const input = exportInput(flags);
  if (!input) return undefined;
  const { RunExporters } = await import("./run_exporters.ts");
  return RunExporters.open(input, plan, flags.name);
}

async function exporter(flags: WatchFlags, metrics: readonly MetricName[]): Promise<Exporter> {
  if (flags.format === "jsonl") return jsonl;
  const { csv } = await import("../exporters/csv.ts");
  return csv(metrics, flags.perProcess === true || flags.threads === true);
}

function writeSummary(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    say(`summary: cannot write ${file}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
}
