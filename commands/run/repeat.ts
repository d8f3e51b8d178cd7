import { EXIT } from "../../core/error.ts";
import type { EndedRun } from "../../core/compare/comparison.ts";
import type { StartRecord, SummaryRecord } from "../../core/schema/record.ts";
import { monitorRun } from "../../monitor/run/run.ts";
import type { RunOptions } from "../../monitor/options.ts";
import type { Platform } from "../../platform/mod.ts";
import { say } from "../../io/terminal/output.ts";
import { Progress } from "./progress.ts";
import type { Reporting } from "./reporting.ts";
import { ending } from "./series/ending.ts";
import { EndingSignals } from "./series/ending_signals.ts";
import { runHelper } from "./series/helper_command.ts";
import type { SeriesCommand } from "./series/series_commands.ts";
import type { SeriesFlags } from "./series/series_options.ts";
import { deliverSeries } from "./series/deliver_series.ts";
import { Tally } from "./series/tally.ts";
import { turns } from "./series/turns.ts";
import type { Turn } from "./series/turns.ts";

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
 * Run commands again and again; the summary is that of all runs, and of several commands what differs.
 *
 * @returns the exit code: that of the first run that failed, 128+N after signal N, or that of proctor where something
 *   beside the runs failed
 */
export async function repeat(repetition: Repetition): Promise<number> {
  const { platform, flags, commands } = repetition;
  const nothing = platform.openNull();
  const signals = new EndingSignals(platform);
  const series = new Series(repetition, nothing, signals);
  try {
    await series.run();
  } finally {
    await series.end();
    signals[Symbol.dispose]();
    platform.closeDescriptor(nothing);
  }
  const { tally } = series;
  const isWhole = await deliverSeries(
    commands.map((command, index) => ({ ...command, runs: tally.runs[index] })),
    repetition.reporting,
    flags,
  );
  return series.code || (isWhole ? 0 : EXIT.proctorFailed);
}

/**
 * The runs, one after the other. Every run is alike: standard input is empty, and standard output discarded. A signal
 * that asks to end, a run that fails, and a helper that does, end the series; what was measured before is kept.
 */
class Series {
  code = 0;
  readonly tally: Tally;
  readonly #progress: Progress;
  readonly #runOptions: RunOptions;
  readonly #isInTurn: boolean;
  readonly #noticed = new Set<string>();
  /** Commands whose setup has begun, and that were not cleaned up yet. */
  readonly #setUp = new Set<number>();
  #isFirst = true;
  #isOver = false;

  constructor(readonly repetition: Repetition, nothing: number, readonly signals: EndingSignals) {
    const { flags, commands, reporting, ownsStdout, runOptions } = repetition;
    const { repeat = DEFAULT_COUNT, minTime = 0, warmup = 0, showOutput = false } = flags;
    this.tally = new Tally(commands.length, repeat, minTime / 1_000);
    const labels = commands.map(({ label }) => label);
    this.#progress = new Progress({
      warmup,
      tally: this.tally,
      labels,
      quiet: reporting.flags.quiet === true,
      plain: showOutput,
    });
    // Discarded, as hyperfine does: what it costs to print would depend on who reads.
    const output = !showOutput ? nothing : ownsStdout ? 2 : 1;
    this.#runOptions = { ...runOptions, stdio: [nothing, output, 2] };
    // What one setup makes, that of the next may undo.
    this.#isInTurn =
      (flags.order ?? (flags.setup || flags.cleanup ? "in-turn" : "interleaved")) === "in-turn";
  }

  async run(): Promise<void> {
    const { flags: { warmup = 0 }, commands } = this.repetition;
    if (!this.#isInTurn) {
      for (let command = 0; command < commands.length && !this.#isOver; command++) await this.#begin(command);
    }
    const course = turns({
      commandCount: commands.length,
      warmup,
      isInTurn: this.#isInTurn,
      isDone: (command) => this.tally.isDone(command),
      random: Math.random,
    });
    for (const turn of course) {
      if (this.#isOver || this.signals.received !== undefined) break;
      if (!this.#setUp.has(turn.command)) {
        await this.#cleanUp();
        await this.#begin(turn.command);
      }
      await this.#help("prepare", turn.command);
      if (!this.#isOver) await this.#once(turn);
    }
  }

  /** Clean up after all that was set up, whatever ended the series, and say when a signal did. */
  async end(): Promise<void> {
    this.#progress.close();
    await this.#cleanUp();
    const { received, exitCode } = this.signals;
    if (received === undefined) return;
    this.code ||= exitCode;
    const { doneCount, expectedTotal } = this.tally;
    say(`${received}: the series stops after ${doneCount} of ${expectedTotal} runs`);
  }

  async #begin(command: number): Promise<void> {
    this.#setUp.add(command);
    await this.#help("setup", command);
  }

  async #cleanUp(): Promise<void> {
    for (const command of this.#setUp) {
      this.#setUp.delete(command);
      await this.#help("cleanup", command);
    }
  }

  async #help(which: "setup" | "prepare" | "cleanup", command: number): Promise<void> {
    const words = this.repetition.commands[command][which];
    if (!words) return;
    const end = await runHelper(`--${which}`, words, this.#runOptions);
    if (end === "done") return;
    this.#isOver = true;
    if (end === "interrupted") return void (this.code ||= this.signals.exitCode);
    this.code ||= EXIT.proctorFailed;
    say(which === "cleanup" ? end.why : `${end.why}; the series stops`);
  }

  async #once(turn: Turn): Promise<void> {
    const progress = this.#progress;
    progress.begin(turn);
    const { run, startError } = await this.#measure(turn);
    progress.clear();
    if (startError) {
      say(startError.message);
      this.code ||= startError.exitCode;
      this.#isOver = true;
      return;
    }
    const { codeOf, flags } = this.repetition;
    const own = codeOf(run.summary);
    if (run.summary.outcome === "interrupted") {
      this.code ||= own || this.signals.exitCode;
      this.#isOver = true;
      return;
    }
    const name = progress.nameOf(turn);
    if (turn.index >= 0) this.tally.add(turn.command, run);
    progress.end(turn, run.summary);
    this.code ||= own;
    if (own === 0 || flags.ignoreFailure) return;
    this.#isOver = true;
    say(`${name} ${ending(run.summary)}; the series stops (--ignore-failure goes on)`);
  }

  async #measure({ command, index }: Turn) {
    const { reporting, platform, commands } = this.repetition;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    let start: StartRecord | undefined;
    const { summary, startError } = await monitorRun({
      ...this.#runOptions,
      command: commands[command].words,
      name: commands.length > 1 ? commands[command].label : this.#runOptions.name,
      // What a run before has left behind must not be taken for a part of this one.
      soleParent: this.#runOptions.leftovers !== "leave",
      // Starting up is the first run's.
      ownSecondsBefore: isFirst ? 0 : platform.ownCpuSeconds(),
      ownSwitchesBefore: isFirst ? 0 : platform.ownVoluntarySwitches(),
      onRecord: (record) => {
        if (record.kind === "start") start = record;
        if (index >= 0) reporting.record(record);
      },
      onNotice: (line) => this.#notice(line),
    });
    return { run: { start: start!, summary } satisfies EndedRun, startError };
  }

  /** What holds for one run holds for the next. */
  #notice(line: string): void {
    if (this.#noticed.has(line)) return;
    this.#noticed.add(line);
    this.#progress.clear();
    this.repetition.reporting.notice(line);
  }
}
