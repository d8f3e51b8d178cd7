import { compareSets } from "../core/comparison.ts";
import type { EndedRun, RunSet } from "../core/comparison.ts";
import { EXIT } from "../core/error.ts";
import { DEFAULT_QUANTITIES } from "../core/quantity.ts";
import type { ProctorRecord, StartRecord, SummaryRecord } from "../core/record.ts";
import { monitorRun } from "../monitor/run.ts";
import type { RunOptions } from "../monitor/options.ts";
import type { Platform } from "../platform/mod.ts";
import { say } from "./output.ts";
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

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/**
 * Run a command again and again; the summary is that of all runs.
 *
 * Every run begins alike: standard input is empty. A signal that asks to end, and a run that fails, end the series; what
 * was measured before is kept and told.
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
  const nothing = platform.openNull();
  let code = 0;
  try {
    for (let index = -warmup; index < count && signals.received === undefined; index++) {
      progress.begin(index);
      const { run, startError } = await once(repetition, nothing, index < 0, index === -warmup, progress);
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
  { runOptions, reporting, platform, ownsStdout }: Repetition,
  nothing: number,
  isWarmup: boolean,
  isFirst: boolean,
  progress: Progress,
): Promise<{ run: EndedRun; startError: Awaited<ReturnType<typeof monitorRun>>["startError"] }> {
  let start: StartRecord | undefined;
  const onRecord = (record: ProctorRecord) => {
    if (record.kind === "start") start = record;
    if (!isWarmup) reporting.record(record);
  };
  const output = progress.hidesOutput && !ownsStdout ? nothing : ownsStdout ? 2 : 1;
  const { summary, startError } = await monitorRun({
    ...runOptions,
    stdio: [nothing, output, 2],
    // What a run before has left behind must not be taken for a part of this one.
    soleParent: runOptions.leftovers !== "leave",
    // Starting up is the first run's.
    ownSecondsBefore: isFirst ? 0 : platform.ownCpuSeconds(),
    onRecord,
    onNotice: (line) => {
      progress.clear();
      reporting.notice(line);
    },
  });
  return { run: { start: start!, summary }, startError };
}

async function render({ reporting }: Repetition, runs: readonly EndedRun[]): Promise<string> {
  const { summary: format, name } = reporting.flags;
  if (format === "none" || runs.length === 0) return "";
  const set: RunSet = { label: name || "proctor", file: null, runs };
  const comparison = compareSets([set], DEFAULT_QUANTITIES);
  if (format === "json") return `${JSON.stringify(comparison)}\n`;
  const { comparisonText } = await import("../exporters/comparison_text.ts");
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
  const handlers = ENDING_SIGNALS.filter((name) => !platform.wasIgnored(name)).map((name) => {
    const handler = () => void (received ??= name);
    process.on(name, handler);
    return { name, handler };
  });
  return {
    get received() {
      return received;
    },
    exitCode: () => EXIT.signalBase + (received === undefined ? 0 : platform.signalNumber(received)),
    stop() {
      for (const { name, handler } of handlers) process.off(name, handler);
    },
  };
}
