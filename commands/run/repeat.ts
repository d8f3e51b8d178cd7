import { compareSets } from "../../core/compare/comparison.ts";
import type { EndedRun, RunSet } from "../../core/compare/comparison.ts";
import { EXIT } from "../../core/error.ts";
import { printableJson } from "../../core/printable.ts";
import { DEFAULT_QUANTITIES } from "../../core/compare/quantity.ts";
import type { ProctorRecord, StartRecord, SummaryRecord } from "../../core/schema/record.ts";
import { monitorRun } from "../../monitor/run/run.ts";
import type { RunOptions } from "../../monitor/options.ts";
import type { Platform } from "../../platform/mod.ts";
import { say } from "../../io/terminal/output.ts";
import { summaryFormat } from "./watch_options.ts";
import { Progress } from "./progress.ts";
import type { Reporting } from "./reporting.ts";

/** What `run --repeat` has to know. */
export interface Repetition {
  readonly count: number;
  readonly warmup: number;
  readonly ignoreFailure: boolean;
  readonly showOutput: boolean;
  /** Whether standard output belongs to the records. */
  readonly ownsStdout: boolean;
  readonly runOptions: RunOptions;
  readonly reporting: Reporting;
  readonly platform: Platform;
  /** The exit code that stands for how a run ended. */
  readonly codeOf: (summary: SummaryRecord) => number;
}

/**
 * Run a command again and again; the summary is that of all runs.
 *
 * Every run is alike: standard input is empty, and standard output discarded. A signal that asks to end, and a run
 * that fails, end the series; what was measured before is kept and told.
 *
 * @returns the exit code: that of the first run that failed, or 128+N after signal N
 */
export async function repeat(repetition: Repetition): Promise<number> {
  const { count, warmup, ignoreFailure, reporting, platform, codeOf } = repetition;
  const signals = noteSignals(platform);
  const progress = new Progress({
    warmup,
    count,
    quiet: reporting.flags.quiet === true,
    plain: repetition.showOutput,
  });
  const runs: EndedRun[] = [];
  const told = new Set<string>();
  const nothing = platform.openNull();
  let code = 0;
  try {
    for (let index = -warmup; index < count && signals.received === undefined; index++) {
      progress.begin(index);
      const { run, startError } = await once(repetition, nothing, index < 0, index === -warmup, (line) => {
        // What holds for one run holds for the next.
        if (told.has(line)) return;
        told.add(line);
        progress.clear();
        reporting.notice(line);
      });
      progress.clear();
      if (startError) {
        say(startError.message);
        code = startError.exitCode;
        break;
      }
      const own = codeOf(run.summary);
      if (run.summary.outcome === "interrupted") {
        code ||= own || signals.exitCode();
        break;
      }
      if (index >= 0) runs.push(run);
      progress.end(index, run.summary);
      code ||= own;
      if (own !== 0 && !ignoreFailure) {
        say(`${progress.nameOf(index)} ${ending(run.summary)}; the series stops (--ignore-failure goes on)`);
        break;
      }
    }
    if (signals.received !== undefined) {
      code ||= signals.exitCode();
      say(`${signals.received}: the series stops after ${runs.length} of ${count} runs`);
    }
  } finally {
    progress.close();
    signals.stop();
    platform.closeDescriptor(nothing);
  }
  await reporting.conclude(await render(repetition, runs));
  return code;
}

async function once(
  { runOptions, reporting, platform, ownsStdout, showOutput }: Repetition,
  nothing: number,
  isWarmup: boolean,
  isFirst: boolean,
  onNotice: (line: string) => void,
): Promise<{ run: EndedRun; startError: Awaited<ReturnType<typeof monitorRun>>["startError"] }> {
  let start: StartRecord | undefined;
  const onRecord = (record: ProctorRecord) => {
    if (record.kind === "start") start = record;
    if (!isWarmup) reporting.record(record);
  };
  // Discarded, as hyperfine does: what it costs to print would depend on who reads.
  const output = !showOutput ? nothing : ownsStdout ? 2 : 1;
  const { summary, startError } = await monitorRun({
    ...runOptions,
    stdio: [nothing, output, 2],
    // What a run before has left behind must not be taken for a part of this one.
    soleParent: runOptions.leftovers !== "leave",
    // Starting up is the first run's.
    ownSecondsBefore: isFirst ? 0 : platform.ownCpuSeconds(),
    ownSwitchesBefore: isFirst ? 0 : platform.ownVoluntarySwitches(),
    onRecord,
    onNotice,
  });
  return { run: { start: start!, summary }, startError };
}

async function render({ reporting }: Repetition, runs: readonly EndedRun[]): Promise<string> {
  const { name } = reporting.flags;
  const format = summaryFormat(reporting.flags);
  if (format === "none" || runs.length === 0) return "";
  const set: RunSet = { label: name || "proctor", file: null, runs };
  const comparison = compareSets([set], DEFAULT_QUANTITIES);
  if (format === "json") return `${printableJson(comparison)}\n`;
  const { comparisonText } = await import("../../render/text/comparison_text.ts");
  return comparisonText(comparison, reporting.isColored);
}

function ending({ outcome, exit_code, signal }: SummaryRecord): string {
  if (outcome === "timed_out") return "timed out";
  if (outcome === "oom_killed") return "ran out of memory";
  return signal === null ? `ended with exit code ${exit_code}` : `was ended by ${signal}`;
}

/** Between two runs nobody else listens; what was ignored when we started stays so. */
function noteSignals(platform: Platform) {
  let received: string | undefined;
  const stop = platform.onSignals(platform.endingSignals, (name) => void (received ??= name));
  return {
    get received() {
      return received;
    },
    exitCode: () => EXIT.signalBase + (received === undefined ? 0 : platform.signalNumber(received)),
    stop,
  };
}
