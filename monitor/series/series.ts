import type { EndedRun } from "../../core/compare/comparison.ts";
import type { ProctorError } from "../../core/error.ts";
import type { ProctorRecord, StartRecord, SummaryRecord } from "../../core/schema/record.ts";
import type { Platform } from "../../platform/mod.ts";
import type { RunOptions } from "../options.ts";
import { monitorRun } from "../run/run.ts";
import { runHelper } from "./helper_command.ts";
import { Tally } from "./tally.ts";
import { turns } from "./turns.ts";
import type { Turn } from "./turns.ts";

/** What may go with a command, beside its runs. */
export type Helper = "setup" | "prepare" | "cleanup";

/** One command of a series. */
export interface PlannedCommand {
  /** How it is called where several are. */
  readonly label: string;
  /** Its words; bytes where text would lose something. */
  readonly words: readonly (string | Uint8Array)[];
  /** Run once before all of its runs. */
  readonly setup?: readonly string[];
  /** Run before each of its runs. */
  readonly prepare?: readonly string[];
  /** Run once after all of its runs. */
  readonly cleanup?: readonly string[];
}

/** What a series is to do. */
export interface SeriesPlan {
  readonly commands: readonly PlannedCommand[];
  /** How often each command runs at least, and how long its runs take together at least. */
  readonly count: number;
  readonly minSeconds: number;
  /** Runs before those, which do not count. */
  readonly warmup: number;
  /** One command after the other, instead of one run of each in every round. */
  readonly isInTurn: boolean;
  /** Whether it goes on after a run that failed. */
  readonly ignoresFailure: boolean;
  /** Of each run; the command is that of the series. */
  readonly runOptions: Omit<RunOptions, "command" | "onRecord" | "onNotice">;
  /** Whether this program does nothing else: starting up is then the first run's, and all children are ours. */
  readonly ownsProgram: boolean;
  /** How a helper is called where it fails. */
  readonly helperName: (helper: Helper) => string;
  /** Whether a run ended as it should. */
  readonly isGood: (summary: SummaryRecord) => boolean;
  /** Whether the series was asked to end: between two runs nothing else says so. */
  readonly isAskedToEnd: () => boolean;
}

/** Why a series ends before its time. */
export type SeriesStop =
  /** By a signal, or by `abort`; with the run that was under way, where one was. */
  | { readonly kind: "interrupted"; readonly summary?: SummaryRecord }
  | { readonly kind: "failed_to_start"; readonly error: ProctorError }
  | { readonly kind: "failed_run"; readonly turn: Turn; readonly summary: SummaryRecord }
  | { readonly kind: "failed_helper"; readonly helper: Helper; readonly why: string };

/** What a series says as it goes. */
export interface SeriesEvents {
  /** A run begins. */
  begin?(turn: Turn): void;
  /** It is over, however it ended; what is printed from now on is not in its way. */
  over?(turn: Turn): void;
  /** A run was measured, a warm-up as well. */
  end?(turn: Turn, summary: SummaryRecord): void;
  /** A record of a run that counts. */
  record?(record: ProctorRecord, turn: Turn): void;
  /** A line worth telling a user; what holds for every run is said once. */
  notice?(line: string): void;
  /** The series ends early; a cleanup that fails after that says so, too. */
  stop?(stop: SeriesStop): void;
}

/**
 * Runs of commands, one after the other. A run that fails, a helper that does, and who asks for it end the series; what
 * was measured before is kept, and what was set up is cleaned up.
 */
export class Series {
  readonly tally: Tally;
  readonly #noticed = new Set<string>();
  /** Commands whose setup has begun, and that were not cleaned up yet. */
  readonly #setUp = new Set<number>();
  #isFirst = true;
  #isOver = false;

  constructor(readonly plan: SeriesPlan, readonly platform: Platform, readonly events: SeriesEvents) {
    this.tally = new Tally(plan.commands.length, plan.count, plan.minSeconds);
  }

  /** All runs. What an event throws ends them, and is thrown here. */
  async run(): Promise<void> {
    try {
      await this.#runs();
    } finally {
      await this.#cleanUp();
    }
  }

  async #runs(): Promise<void> {
    const { commands, warmup, isInTurn, isAskedToEnd } = this.plan;
    if (!isInTurn) {
      for (let command = 0; command < commands.length && !this.#isOver; command++) await this.#begin(command);
    }
    const course = turns({
      commandCount: commands.length,
      ...{ warmup, isInTurn },
      isDone: (command) => this.tally.isDone(command),
      random: Math.random,
    });
    for (const turn of course) {
      if (this.#isOver) return;
      if (isAskedToEnd()) return this.#stop({ kind: "interrupted" });
      if (!this.#setUp.has(turn.command)) {
        await this.#cleanUp();
        if (!this.#isOver) await this.#begin(turn.command);
      }
      if (!this.#isOver) await this.#help("prepare", turn.command);
      if (!this.#isOver) await this.#once(turn);
    }
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

  async #help(helper: Helper, command: number): Promise<void> {
    const { commands, runOptions, ownsProgram, helperName } = this.plan;
    const words = commands[command][helper];
    if (!words) return;
    const soleParent = ownsProgram || runOptions.soleParent;
    // What was set up is cleaned up, whoever wants all to end.
    const abort = helper === "cleanup" ? undefined : runOptions.abort;
    const end = await runHelper(helperName(helper), words, { ...runOptions, soleParent, abort });
    if (end === "done") return;
    this.#stop(end === "interrupted" ? { kind: end } : { kind: "failed_helper", helper, why: end.why });
  }

  async #once(turn: Turn): Promise<void> {
    const { ignoresFailure, isGood } = this.plan;
    this.events.begin?.(turn);
    const { run, startError } = await this.#measure(turn).finally(() => this.events.over?.(turn));
    const { summary } = run;
    if (startError) return this.#stop({ kind: "failed_to_start", error: startError });
    if (summary.outcome === "interrupted") return this.#stop({ kind: "interrupted", summary });
    if (turn.index >= 0) this.tally.add(turn.command, run);
    this.events.end?.(turn, summary);
    if (!ignoresFailure && !isGood(summary)) this.#stop({ kind: "failed_run", turn, summary });
  }

  #stop(stop: SeriesStop): void {
    this.#isOver = true;
    this.events.stop?.(stop);
  }

  async #measure(turn: Turn) {
    const { commands, runOptions, ownsProgram } = this.plan;
    const { platform } = this;
    const { label, words } = commands[turn.command];
    const isStart = ownsProgram && this.#isFirst;
    this.#isFirst = false;
    let start: StartRecord | undefined;
    const { summary, startError } = await monitorRun({
      ...runOptions,
      command: words,
      name: commands.length > 1 ? label : runOptions.name,
      // What a run before has left behind must not be taken for a part of this one.
      soleParent: ownsProgram ? runOptions.leftovers !== "leave" : runOptions.soleParent,
      ownSecondsBefore: isStart ? 0 : platform.ownCpuSeconds(),
      ownSwitchesBefore: isStart ? 0 : platform.ownVoluntarySwitches(),
      onRecord: (record) => {
        if (record.kind === "start") start = record;
        if (turn.index >= 0) this.events.record?.(record, turn);
      },
      onNotice: (line) => this.#notice(line),
    });
    return { run: { start: start!, summary } satisfies EndedRun, startError };
  }

  /** What holds for one run holds for the next. */
  #notice(line: string): void {
    if (this.#noticed.has(line)) return;
    this.#noticed.add(line);
    this.events.notice?.(line);
  }
}
