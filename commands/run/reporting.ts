import { usageError } from "../../core/error.ts";
import { printableJson } from "../../core/printable.ts";
import type { ProctorRecord, StartRecord, SummaryRecord } from "../../core/schema/record.ts";
import type { MetricName } from "../../core/measure/metrics.ts";
import type { SampleLines } from "../../monitor/run/stillness.ts";
import type { SamplingPlan } from "../../monitor/sampling_plan.ts";
import type { Exporter } from "../../records/formats/exporter.ts";
import { jsonl } from "../../records/formats/jsonl.ts";
import { RecordWriter } from "../../records/record_writer.ts";
import { reasonOf } from "../../io/errno_words.ts";
import type { Rotation } from "../../io/rotation.ts";
import type { Platform } from "../../platform/mod.ts";
import {
  colorsWelcome,
  isTerminal,
  outputLost,
  printError,
  say,
  writeOut,
} from "../../io/terminal/output.ts";
import {
  checkOutputFiles,
  checkPageName,
  madeByOthers,
  recordsFormat,
  rotatedFiles,
} from "../options/output_files.ts";
import type { OutputFile } from "../options/output_files.ts";
import { openOutput, rotationOf } from "../../records/record_output.ts";
import { exportInput } from "../options/export_options.ts";
import { writeFileWhole } from "../../platform/mod.ts";
import type { RunExporters } from "./run_exporters.ts";
import type { RunPicture } from "./run_picture.ts";
import { summaryFormat } from "./watch_options.ts";
import type { WatchFlags } from "./watch_options.ts";

/** Where the records and the summary of one run go. */
export class Reporting {
  #start: StartRecord | undefined;
  /** Whether the summary was to be written to a file or standard output and could not be; it has been told. */
  isSummaryLost = false;

  private constructor(
    readonly flags: WatchFlags,
    readonly writer: RecordWriter | undefined,
    readonly exporters: RunExporters | undefined,
    readonly picture: RunPicture | undefined,
  ) {}

  /**
   * Open what the flags ask for; what cannot be opened is told, and the run goes on.
   *
   * @param onLost called when the records have no destination any more and go nowhere else: then nothing is said
   */
  static async open(
    flags: WatchFlags,
    plan: SamplingPlan,
    platform: Platform,
    onLost?: () => void,
    others: readonly OutputFile[] = [],
  ): Promise<Reporting> {
    const { records, summaryFile } = flags;
    const rotation = rotationOf(flags, records);
    const format = checkDestinations(flags, rotation, others);
    if (records && "descriptor" in records && records.descriptor === 1 && summaryFile === "-") {
      throw usageError("--summary-file: standard output belongs to the records; write the summary to a file");
    }
    if (rotation && format === "csv") {
      throw usageError("--records-max-size: CSV has its header in one file; name a .jsonl");
    }
    const page = await picture(flags);
    const exporters = await openExporters(flags, plan);
    const output = records && await openOutput(records, platform, say, { rotation, atOnce: true });
    const goesNowhereElse = exporters === undefined && page === undefined && summaryFile === undefined;
    const writer = output && new RecordWriter(output, await exporter(flags, format, plan.metrics), say, {
      // There may be any number of them, and the summary has what all came to.
      minor: flags.processes ? { is: ({ kind }) => kind === "process", words: "processes" } : undefined,
      onFailure: onLost && goesNowhereElse && !("path" in records)
        ? (error) => {
          outputLost(error);
          onLost();
        }
        : undefined,
    });
    return new Reporting(flags, writer, exporters, page);
  }

  /** Whether nothing of what it does waits for the event loop: exporters and files that are rotated always may. */
  get isIdle(): boolean {
    return this.exporters === undefined && this.flags.recordsMaxSize === undefined &&
      (this.writer?.isIdle ?? true);
  }

  /** Whether samples go anywhere; the summary needs none. */
  get readsSamples(): boolean {
    return this.writer !== undefined || this.exporters !== undefined || this.picture !== undefined;
  }

  /** Where samples go as lines, which are enough where they are written as JSON lines and go nowhere else. */
  get lines(): SampleLines | undefined {
    const { writer, exporters, picture } = this;
    if (!writer) return undefined;
    return {
      areEnough: writer.exporter === jsonl && exporters === undefined && picture === undefined,
      take: (line) => writer.writeLine(line),
      begin: () => writer.gather(),
      end: () => writer.release(),
    };
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
    const { summaryFile, force } = this.flags;
    if (summaryFile !== undefined) this.isSummaryLost = !writeSummary(summaryFile, text, force === true);
    else if (text !== "") printError(text);
  }

  /** Whether something that was asked for (records, summary, page) could not be written; it has been told. */
  get isIncomplete(): boolean {
    const { records, report } = this.flags;
    const areRecordsLost = records !== undefined && (this.writer?.hasFailed ?? true);
    return this.isSummaryLost || areRecordsLost || (report !== undefined && !this.picture?.isWritten);
  }

  /** Whether the summary may have colours. */
  get isColored(): boolean {
    return this.flags.color && this.flags.summaryFile === undefined && colorsWelcome();
  }

  async #render(summary: SummaryRecord): Promise<string> {
    const format = summaryFormat(this.flags);
    if (format === "none") return "";
    if (format === "json") return `${printableJson(summary)}\n`;
    // The error line has said it all.
    if (summary.outcome === "failed_to_start") return "";
    const { report } = await import("../../render/text/report.ts");
    const command = (this.flags.name || undefined) ?? this.#start?.command.join(" ") ?? "";
    const text = report(summary, command, this.isColored);
    return text + await this.#tables(summary);
  }

  /** What there is to tell in addition where it was asked for; loaded only then. */
  async #tables({ processes, app }: SummaryRecord): Promise<string> {
    let text = "";
    if (processes) {
      text += (await import("../../render/text/process_table.ts")).processTable(processes, this.isColored);
    }
    if (app) text += (await import("../../render/text/app_table.ts")).appTable(app, this.isColored);
    return text;
  }
}

async function picture({ report, force, quiet }: WatchFlags): Promise<RunPicture | undefined> {
  if (report === undefined) return undefined;
  const { RunPicture } = await import("./run_picture.ts");
  return RunPicture.open(report, force === true, quiet === true);
}

/** Loaded only where it is asked for: a run starts without it. */
async function openExporters(flags: WatchFlags, plan: SamplingPlan): Promise<RunExporters | undefined> {
  const input = exportInput(flags);
  if (!input) return undefined;
  const { RunExporters } = await import("./run_exporters.ts");
  return RunExporters.open(input, plan, flags.name);
}

async function exporter(
  flags: WatchFlags,
  format: "jsonl" | "csv",
  metrics: readonly MetricName[],
): Promise<Exporter> {
  if (format === "jsonl") return jsonl;
  const { csv } = await import("../../records/formats/csv.ts");
  return csv(metrics, flags.perProcess === true || flags.threads === true, {
    app: flags.appMetrics !== undefined || flags.scrape !== undefined || flags.appOtlp,
    safe: flags.csvSafe,
    isShown: flags.records !== undefined && "descriptor" in flags.records && isTerminal(1),
  });
}

/**
 * Look at everything that is to be written before anything is; the format of the records.
 * @throws ProctorError of kind `usage`
 */
function checkDestinations(
  flags: WatchFlags,
  rotation: Rotation | undefined,
  others: readonly OutputFile[],
): "jsonl" | "csv" {
  const { records, report, summaryFile, prometheusTextfile, force } = flags;
  if (!records && flags.format !== undefined) {
    throw usageError("--format: there are no records; add --records FILE");
  }
  const path = records && "path" in records ? records.path : undefined;
  const format = recordsFormat(path, flags.format);
  if (flags.csvSafe && format !== "csv") throw usageError("--csv-safe: there is no CSV; add --format csv");
  if (report !== undefined) checkPageName("--report", report);
  const files: OutputFile[] = [...others];
  const add = (option: string, path: unknown, kind: OutputFile["kind"]) => {
    if (typeof path === "string" && path !== "-") {
      files.push({ option, path, kind, isInPlace: option === "--records" });
    }
  };
  add("--records", path, format === "csv" ? "csv" : "records");
  if (path !== undefined && rotation) files.push(...rotatedFiles("--records", path, rotation.keep));
  add("--report", report, "page");
  add("--summary-file", summaryFile, "summary");
  add("--prometheus-textfile", prometheusTextfile, "metrics");
  checkOutputFiles(files, { force });
  return format;
}

/** Write the summary; false when it could not be, which is told. */
function writeSummary(file: string, text: string, force: boolean): boolean {
  try {
    const obstacle = file === "-" || force ? undefined : madeByOthers(file, "summary");
    const failure = file === "-"
      ? writeOut(text)
      : obstacle
      ? new Error(obstacle)
      : writeFileWhole(file, text);
    if (failure) throw failure;
    return true;
  } catch (error) {
    const place = file === "-" ? "to standard output" : file;
    say(`summary: cannot write ${place}: ${reasonOf(error)}`);
    return false;
  }
}
