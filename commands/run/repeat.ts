import { EXIT } from "../../core/error.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import type { RunOptions } from "../../monitor/options.ts";
import { ending } from "../../monitor/series/ending.ts";
import { Series } from "../../monitor/series/series.ts";
import type { SeriesEvents, SeriesPlan } from "../../monitor/series/series.ts";
import type { Platform } from "../../platform/mod.ts";
import { say } from "../../io/terminal/output.ts";
import { Progress } from "./progress.ts";
import type { Reporting } from "./reporting.ts";
import { EndingSignals } from "./series/ending_signals.ts";
import type { SeriesCommand } from "./series/series_commands.ts";
import type { SeriesFlags } from "./series/series_options.ts";
import { deliverSeries } from "./series/deliver_series.ts";

/** How often each command runs where only a time says for how long. */
const DEFAULT_COUNT = 10;

/** What a series has to know. */
export interface Repetition {
  readonly commands: readonly SeriesCommand[];
  readonly flags: SeriesFlags;
  /** Whether standard output belongs to the records. */
  readonly ownsStdout: boolean;
  /** Of each run; the command is that of the series. */
  readonly runOptions: RunOptions;
  readonly reporting: Reporting;
  readonly platform: Platform;
  /** The exit code that stands for how a run ended. */
  readonly codeOf: (summary: SummaryRecord) => number;
}

/**
 * Run commands again and again; the summary is that of all runs, and of several commands what differs. Every run is
 * alike: standard input is empty, and standard output discarded.
 *
 * @returns the exit code: that of the first run that failed, 128+N after signal N, or that of proctor where something
 *   beside the runs failed
 */
export async function repeat(repetition: Repetition): Promise<number> {
  const { platform, flags, commands, reporting } = repetition;
  const nothing = platform.openNull();
  const signals = new EndingSignals(platform);
  const teller = new Teller(repetition, signals);
  const series = new Series(planOf(repetition, nothing, signals), platform, teller);
  const progress = new Progress({
    warmup: flags.warmup ?? 0,
    tally: series.tally,
    labels: commands.map(({ label }) => label),
    quiet: reporting.flags.quiet === true,
    plain: flags.showOutput === true,
  });
  teller.progress = progress;
  const { tally } = series;
  try {
    await series.run();
  } finally {
    progress.close();
    if (signals.received !== undefined) {
      teller.code ||= signals.exitCode;
      const { doneCount, expectedTotal } = tally;
      say(`${signals.received}: the series stops after ${doneCount} of ${expectedTotal} runs`);
    }
    signals[Symbol.dispose]();
    platform.closeDescriptor(nothing);
  }
  const isWhole = await deliverSeries(
    commands.map((command, index) => ({ ...command, runs: tally.runs[index] })),
    reporting,
    flags,
  );
  return teller.code || (isWhole ? 0 : EXIT.proctorFailed);
}

function planOf(
  { flags, commands, ownsStdout, runOptions, codeOf }: Repetition,
  nothing: number,
  signals: EndingSignals,
): SeriesPlan {
  const { repeat = DEFAULT_COUNT, minTime = 0, warmup = 0, showOutput = false } = flags;
  // Discarded, as hyperfine does: what it costs to print would depend on who reads.
  const output = !showOutput ? nothing : ownsStdout ? 2 : 1;
  return {
    commands,
    count: repeat,
    minSeconds: minTime / 1_000,
    warmup,
    // What one setup makes, that of the next may undo.
    isInTurn: (flags.order ?? (flags.setup || flags.cleanup ? "in-turn" : "interleaved")) === "in-turn",
    ignoresFailure: flags.ignoreFailure === true,
    runOptions: { ...runOptions, stdio: [nothing, output, 2] },
    ownsProgram: true,
    helperName: (helper) => `--${helper}`,
    isGood: (summary) => codeOf(summary) === 0,
    isAskedToEnd: () => signals.received !== undefined,
  };
}

/** Shows how a series goes, and remembers the exit code that it comes to. */
class Teller implements SeriesEvents {
  code = 0;
  progress!: Progress;

  constructor(readonly repetition: Repetition, readonly signals: EndingSignals) {}

  begin: SeriesEvents["begin"] = (turn) => this.progress.begin(turn);
  over: SeriesEvents["over"] = () => this.progress.clear();
  record: SeriesEvents["record"] = (record) => this.repetition.reporting.record(record);

  end: SeriesEvents["end"] = (turn, summary) => {
    this.progress.end(turn, summary);
    this.code ||= this.repetition.codeOf(summary);
  };

  notice: SeriesEvents["notice"] = (line) => {
    this.progress.clear();
    this.repetition.reporting.notice(line);
  };

  stop: SeriesEvents["stop"] = (stop) => {
    const { codeOf } = this.repetition;
    switch (stop.kind) {
      case "interrupted":
        this.code ||= (stop.summary ? codeOf(stop.summary) : 0) || this.signals.exitCode;
        return;
      case "failed_to_start":
        say(stop.error.message);
        this.code ||= stop.error.exitCode;
        return;
      case "failed_helper":
        this.code ||= EXIT.proctorFailed;
        return say(stop.helper === "cleanup" ? stop.why : `${stop.why}; the series stops`);
      case "failed_run": {
        const name = this.progress.nameOf(stop.turn);
        say(`${name} ${ending(stop.summary)}; the series stops (--ignore-failure goes on)`);
      }
    }
  };
}
