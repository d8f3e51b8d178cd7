import { usageError } from "../../../core/error.ts";
import { exportInput } from "../../options/export_options.ts";
import type { Channel } from "../../options/option_values.ts";
import { recordsFormat } from "../../options/output_files.ts";
import type { WatchFlags } from "../watch_options.ts";
import type { SeriesFlags } from "./series_options.ts";

/** As for `proctor report`. */
const MOST_PICTURED = 24;

/** Whether a command is to run more than once, or several are: else it is one plain run. */
export function asksForSeries({ repeat, minTime, command }: SeriesFlags): boolean {
  return repeat !== undefined || minTime !== undefined || command !== undefined;
}

interface CheckedFlags extends WatchFlags, SeriesFlags {
  stdio?: readonly Channel[];
}

/**
 * Refuse what does not go with repeated runs, or goes only with them.
 * @throws ProctorError of kind `usage`
 */
export function checkSeries(words: readonly string[], flags: CheckedFlags): void {
  if (!asksForSeries(flags)) {
    const given = onlyOfSeries(flags);
    if (given) throw usageError(`--${given}: it goes with --repeat; add --repeat 10, for example`);
    return;
  }
  const { report, records } = flags;
  if (flags.command && words.length > 0) {
    throw usageError(
      "--command: a command stands behind the options, too; give all of them by --command, or that one alone",
    );
  } else if (recordsFormat(records && "path" in records ? records.path : undefined, flags.format) === "csv") {
    const option = flags.format ? "--format" : "--records";
    throw usageError(`${option}: rows of CSV cannot tell one run from the next; --repeat takes JSON lines`);
  } else if (flags.stdio) {
    throw usageError("--stdio: one stream is not for many runs; leave it out with --repeat");
  } else if (flags.processes && !records && report === undefined) {
    throw usageError(
      "--processes: with --repeat the table of each run stands in its records; add --records FILE, or --report FILE",
    );
  } else if (exportInput(flags)) {
    throw usageError(
      "--repeat: what exporters send is of one run; leave them out, or run it without --repeat",
    );
  } else if (report !== undefined) checkPicture(flags);
}

function onlyOfSeries(flags: SeriesFlags): string | undefined {
  const given: [string, unknown][] = [
    ["warmup", flags.warmup],
    ["ignore-failure", flags.ignoreFailure],
    ["show-output", flags.showOutput],
    ["command-name", flags.commandName],
    ["order", flags.order],
    ["setup", flags.setup],
    ["prepare", flags.prepare],
    ["cleanup", flags.cleanup],
    ["parameter-list", flags.parameterList],
    ["parameter-scan", flags.parameterScan],
    ["parameter-step-size", flags.parameterStepSize],
    ["export-markdown", flags.exportMarkdown],
    ["export-csv", flags.exportCsv],
    ["export-json", flags.exportJson],
    ["export-asciidoc", flags.exportAsciidoc],
  ];
  return given.find(([, value]) => value)?.[0];
}

function checkPicture(
  { repeat = 10, minTime, command = [""], parameterList = [], parameterScan }: SeriesFlags,
): void {
  if (minTime !== undefined || parameterScan) {
    throw usageError(
      "--report: how many runs there will be is open; give --repeat, and no --min-time or scan",
    );
  }
  const runs = parameterList.reduce(
    (product, { values }) => product * values.length,
    repeat * command.length,
  );
  if (runs <= MOST_PICTURED) return;
  throw usageError(`--report: ${runs} runs are too many for one picture; ${MOST_PICTURED} is the most`);
}
