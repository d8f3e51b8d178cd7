import type { RunSet } from "../../core/compare/comparison.ts";
import {
  CALLBACK,
  checkOptions,
  checkValue,
  FLAG,
  listOf,
  OBJECT,
  oneOf,
  rule,
  TEXT,
  whole,
} from "../../core/option.ts";
import type { Rules } from "../../core/option.ts";
import { printable } from "../../core/printable.ts";
import type { ProctorRecord, SummaryRecord } from "../../core/schema/record.ts";
import { COMMAND_RULES } from "../../group/launch_spec.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { checkMs, checkRunOptions } from "../options.ts";
import type { RunOptions } from "../options.ts";
import { ending } from "./ending.ts";
import { Series } from "./series.ts";
import type { PlannedCommand, SeriesStop } from "./series.ts";

const DEFAULT_COUNT = 10;
const MOST_RUNS = 2 ** 31;

/** A command to run again and again. */
export interface RepeatedCommand {
  /** The program and its arguments; bytes where text would lose something. */
  readonly command: readonly (string | Uint8Array)[];
  /** How it is called in comparisons; default: its words. */
  readonly label?: string;
  /** A command that is run once before all of its runs. */
  readonly setup?: readonly string[];
  /** A command that is run before each of its runs, such as one that clears caches. */
  readonly prepare?: readonly string[];
  /** A command that is run once after all of its runs, whatever ended them. */
  readonly cleanup?: readonly string[];
}

/** A run of a series that has ended. */
export interface SeriesRun {
  /** How its command is called. */
  readonly label: string;
  /** The place of its command in the list, from 0. */
  readonly command: number;
  /** Which run of its command, from 0; negative for a warm-up. */
  readonly index: number;
  /** What it cost. */
  readonly summary: SummaryRecord;
}

/** How often commands are run, and how; all else is as for a single run. */
export interface RepeatOptions extends Omit<RunOptions, "command"> {
  /** How often each command is run at least; default 10. */
  count?: number;
  /** Go on until the runs of each command took so many milliseconds together. */
  minTimeMs?: number;
  /** Runs of each command before those, which do not count; default none. */
  warmup?: number;
  /**
   * One run of each command per round, in random order, so that what else the machine does is noise to all of them
   * alike; or one command after the other. Default: interleaved, and in turn where a command has a setup or a cleanup.
   */
  order?: "interleaved" | "in-turn";
  /** Go on after a run that failed; default: it ends the series. */
  ignoreFailure?: boolean;
  /**
   * Which of your descriptors each command gets as its 0, 1 and 2; default: an empty input, discarded output, and your
   * standard error.
   */
  stdio?: readonly [number, number, number];
  /** Called with every record of the runs that count. */
  onRecord?: (record: ProctorRecord) => void;
  /** Called after each run, warm-ups included; what it throws ends the series, and is thrown by it. */
  onRun?: (run: SeriesRun) => void;
}

/** What a series has measured. */
export interface RepeatedRuns {
  /** The runs of each command that has one, in the order of the commands: what `compareSets` takes. */
  readonly sets: readonly RunSet[];
  /** Why it ended early, in one line; null where every run was made. */
  readonly stopped: string | null;
}

const WORDS = listOf('a list of words, such as ["make", "-j4"]', TEXT);
const HELPER = rule('a list of words, such as ["make", "clean"]', (value) => {
  return WORDS(value) === null && (value as readonly string[]).length > 0;
});
const COMMANDS = rule(
  'a list of commands, such as [["make", "-j4"], { command: ["ninja"], label: "ninja" }]',
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "object" && one !== null),
);
const COMMAND_PARTS: Rules<RepeatedCommand> = {
  command: COMMAND_RULES.command,
  label: TEXT,
  setup: HELPER,
  prepare: HELPER,
  cleanup: HELPER,
};
const SERIES_RULES: Rules<Pick<RepeatOptions, "count" | "warmup" | "order" | "ignoreFailure" | "onRun">> = {
  count: whole(1, MOST_RUNS),
  warmup: whole(0, MOST_RUNS),
  order: oneOf("interleaved", "in-turn"),
  ignoreFailure: FLAG,
  onRun: CALLBACK,
};

/**
 * Run commands again and again, and say what each run cost.
 *
 * ```ts
 * const { sets, stopped } = await repeat([["gzip", "-6", "-k", "-f", "a"], ["gzip", "-9", "-k", "-f", "a"]], { count: 20 });
 * if (stopped) console.error(stopped);
 * const { quantities } = compareSets(sets, ["wall_seconds", "cpu_seconds"]);
 * ```
 *
 * A run that fails ends the series, unless `ignoreFailure` says else, and so does a command that cannot be started, a
 * helper that fails, and `abort`; what was measured before is kept.
 *
 * @param commands each as a list of words, or with what belongs to it
 * @throws ProctorError of kind `usage` when the options make no sense, before anything is run; what a callback throws,
 *   when the tree was stopped for it, and what was set up is cleaned up
 */
export async function repeat(
  commands: readonly (readonly (string | Uint8Array)[] | RepeatedCommand)[],
  options: RepeatOptions = {},
): Promise<RepeatedRuns> {
  const planned = checkedCommands(commands, options);
  const { count = DEFAULT_COUNT, minTimeMs = 0, warmup = 0, ignoreFailure = false, onRun, ...rest } = options;
  const { order, onRecord, onNotice, ...runOptions } = rest;
  const platform = await loadPlatform();
  const nothing = platform.openNull();
  const isOrdered = planned.some(({ setup, cleanup }) => setup || cleanup);
  const reasons: string[] = [];
  const series = new Series(
    {
      commands: planned,
      count,
      minSeconds: minTimeMs / 1_000,
      warmup,
      isInTurn: (order ?? (isOrdered ? "in-turn" : "interleaved")) === "in-turn",
      ignoresFailure: ignoreFailure,
      runOptions: { ...runOptions, stdio: options.stdio ?? [nothing, nothing, 2] },
      ownsProgram: false,
      helperName: (helper) => helper,
      isGood: ({ outcome, exit_code }) => outcome === "exited" && exit_code === 0,
      isAskedToEnd: () => options.abort?.aborted === true,
    },
    platform,
    {
      record: (record) => onRecord?.(record),
      end: ({ command, index }, summary) =>
        onRun?.({ label: planned[command].label, command, index, summary }),
      notice: onNotice,
      stop: (stop) => void reasons.push(reasonOf(stop, planned)),
    },
  );
  try {
    await series.run();
  } finally {
    platform.closeDescriptor(nothing);
  }
  const sets = planned.map(({ label }, index): RunSet => ({
    label,
    file: null,
    runs: series.tally.runs[index],
  }));
  return {
    sets: sets.filter(({ runs }) => runs.length > 0),
    stopped: reasons.length > 0 ? reasons.join("; ") : null,
  };
}

function checkedCommands(
  commands: readonly (readonly (string | Uint8Array)[] | RepeatedCommand)[],
  options: RepeatOptions,
): PlannedCommand[] {
  checkValue("commands", commands, COMMANDS);
  checkOptions(options, SERIES_RULES);
  if (options.minTimeMs !== undefined) checkMs("minTimeMs", options.minTimeMs);
  const labels = new Map<string, number>();
  return commands.map((given, index) => {
    const whole = "command" in given ? given : { command: given };
    checkValue(`commands[${index}]`, whole, OBJECT);
    checkOptions(whole, COMMAND_PARTS, `commands[${index}]`);
    const { command, setup, prepare, cleanup } = whole;
    checkRunOptions({ ...options, command });
    for (const words of [setup, prepare, cleanup]) if (words) checkRunOptions({ command: words });
    const label = whole.label ?? textOf(command);
    const before = labels.get(label) ?? 0;
    labels.set(label, before + 1);
    const own = before === 0 ? label : `${label} (${before + 1})`;
    return { label: own, words: command, setup, prepare, cleanup };
  });
}

function textOf(words: readonly (string | Uint8Array)[]): string {
  const decoder = new TextDecoder();
  return words.map((word) => typeof word === "string" ? word : decoder.decode(word)).join(" ");
}

function reasonOf(stop: SeriesStop, commands: readonly PlannedCommand[]): string {
  switch (stop.kind) {
    case "interrupted":
      return "the series was interrupted";
    case "failed_to_start":
      return stop.error.message;
    case "failed_helper":
      return stop.why;
    case "failed_run": {
      const { command, index } = stop.turn;
      const which = index < 0 ? "a warm-up" : `run ${index + 1}`;
      return `${which} of ${printable(commands[command].label)} ${ending(stop.summary)}`;
    }
  }
}
