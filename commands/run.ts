import { Command, Option } from "commander";
import { EXIT, usageError } from "../core/error.ts";
import type { SummaryRecord } from "../core/record.ts";
import { samplingPlan } from "../monitor/options.ts";
import type { Leftovers, RunOptions } from "../monitor/options.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { Platform } from "../platform/mod.ts";
import { exportInput } from "./export_options.ts";
import { say } from "./output.ts";
import { ownerSignal } from "./owner.ts";
import { REAP } from "./reap.ts";
import { Reporting } from "./reporting.ts";
import { coresOption, countOption, durationOption, sizeOption, stdioOption } from "./option_values.ts";
import { addWatchOptions, watchOptions } from "./watch_options.ts";
import type { WatchFlags } from "./watch_options.ts";

interface RunFlags extends WatchFlags {
  timeout?: number;
  grace?: number;
  leftovers: Leftovers;
  limitMemory?: number;
  limitCpu?: number;
  limitProcesses?: number;
  stdio?: [number, number, number];
  cwd?: string;
  env?: Record<string, string>;
  repeat?: number;
  warmup?: number;
  ignoreFailure?: boolean;
  showOutput?: boolean;
}

const EXAMPLES = `
Durations are written 250ms, 1.5s, 2m or 1h. Options end at the command; -- is only needed before a command
that begins with a dash.

With --repeat the command's standard input is empty, and a run that fails ends the series (--ignore-failure
goes on); the exit code is that of the first that failed. Ctrl-C keeps what was measured.

Examples:
  proctor run -- make -j4
  proctor run --records run.jsonl --per-process -- npm ci
  proctor run --report run.html -- make -j4
  proctor run --records - --format csv -- ./job > job.csv
  proctor run --interval 10ms --no-adaptive --metrics cpu,memory -- ./short
  proctor run --timeout 5m --grace 10s --summary json --summary-file cost.json -- ./test.sh
  proctor run --limit-memory 2G --limit-cpu 1.5 --limit-processes 200 -- make -j4
  proctor run --repeat 10 --warmup 1 --records run.jsonl -- make -B
  proctor run --env CC=clang --cwd build --name nightly -- ninja
  proctor run --mqtt mqtts://broker --domain factory --channel edge -- ./job
  proctor run --prometheus-textfile /var/lib/node_exporter/nightly.prom --name nightly -- ./backup.sh
  proctor run --otlp http://localhost:4318 --otlp-propagate --name build -- make
`;

/** `proctor run`: run a command, watch its tree, say what it cost. */
export function runCommand(end: (exitCode: number) => void): Command {
  const command = new Command("run")
    .description("run a command and tell what its whole process tree cost")
    .usage("[options] [--] COMMAND [ARG...]")
    .argument("<command>", "the command")
    .argument("[args...]", "its arguments")
    .passThroughOptions();
  return addWatchOptions(command)
    .addOption(
      new Option("--timeout <duration>", "end the whole tree after this long (exit code 124)").argParser(
        durationOption,
      ),
    )
    .addOption(
      new Option("--grace <duration>", "between SIGTERM and SIGKILL (default: 2s)").argParser(durationOption),
    )
    .addOption(
      new Option(
        "--leftovers <what>",
        "processes that outlive the command: wait for them, stop or leave them",
      )
        .choices(["wait", "stop", "leave"]).default("wait"),
    )
    .addOption(
      new Option("--limit-memory <size>", "most memory the tree may use, such as 512M").argParser(sizeOption),
    )
    .addOption(
      new Option("--limit-cpu <cores>", "most CPU the tree may use, such as 1.5").argParser(coresOption),
    )
    .addOption(
      new Option("--limit-processes <number>", "most processes and threads at a time").argParser(countOption),
    )
    .addOption(
      new Option("--stdio <in,out,err>", "descriptors of ours that the command gets as its 0, 1 and 2")
        .argParser(stdioOption),
    )
    .option("--cwd <dir>", "run the command there")
    .option("--env <K=V>", "set a variable of its environment; may be repeated", variable)
    .addOption(
      new Option("--repeat <number>", "run it so many times, and tell mean and deviation").argParser(
        countOption,
      ),
    )
    .addOption(
      new Option("--warmup <number>", "runs before those, which do not count").argParser(countOption),
    )
    .option("--ignore-failure", "with --repeat: go on after a run that failed")
    .option("--show-output", "with --repeat: what the command prints goes to the terminal, too")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, args: string[], flags: RunFlags) =>
      end(await execute([name, ...args], flags))
    );
}

async function execute(words: string[], flags: RunFlags): Promise<number> {
  const platform = await loadPlatform();
  platform.useReaper([REAP]);
  const ours = ourDescriptors(flags);
  const inherited = platform.inheritedDescriptors().filter((number) => !ours.includes(number));
  platform.keepFromChildren(ours);
  const options = await watchOptions(flags);
  const owner = ownerSignal(flags.owner, platform);
  checkRepetition(flags);
  const reporting = await Reporting.open(flags, samplingPlan(options), platform);
  const { monitorRun } = await import("../monitor/run.ts");
  const runOptions: RunOptions = {
    ...options,
    command: asGiven(platform, words),
    cwd: flags.cwd,
    env: { ...reporting.exporters?.environment, ...flags.env },
    stdio: flags.stdio ?? (recordsDescriptor(flags) === 1 ? [0, 2, 2] : [0, 1, 2]),
    inherited,
    timeoutMs: flags.timeout,
    graceMs: flags.grace,
    leftovers: flags.leftovers,
    limits: {
      memoryBytes: flags.limitMemory,
      cpuCores: flags.limitCpu,
      processes: flags.limitProcesses,
    },
    abort: owner,
    forwardSignals: true,
    soleParent: true,
    onRecord: reporting.record,
    onNotice: reporting.notice,
  };
  const codeOf = (summary: SummaryRecord) => exitCode(summary, platform);
  if (flags.repeat !== undefined) {
    const { repeat } = await import("./repeat.ts");
    const { repeat: count, warmup = 0, ignoreFailure = false, showOutput = false } = flags;
    return repeat({
      count,
      warmup,
      ignoreFailure,
      showOutput,
      ownsStdout: recordsDescriptor(flags) === 1,
      runOptions,
      reporting,
      platform,
      codeOf,
    });
  }
  const { summary, startError } = await monitorRun(runOptions);
  if (startError) say(startError.message);
  await reporting.finish(summary);
  return startError?.exitCode ?? codeOf(summary);
}

/** As for `proctor report`. */
const MOST_PICTURED = 24;

function checkRepetition(flags: RunFlags): void {
  const { repeat, warmup, ignoreFailure, showOutput, format, report } = flags;
  if (repeat === undefined) {
    const given = [warmup && "warmup", ignoreFailure && "ignore-failure", showOutput && "show-output"].find(
      Boolean,
    );
    if (given) throw usageError(`--${given}: it goes with --repeat; add --repeat 10, for example`);
  } else if (format === "csv") {
    throw usageError("--format: rows of CSV cannot tell one run from the next; leave it out with --repeat");
  } else if (flags.stdio) {
    throw usageError("--stdio: one stream is not for many runs; leave it out with --repeat");
  } else if (exportInput(flags)) {
    throw usageError(
      "--repeat: what exporters send is of one run; leave them out, or run it without --repeat",
    );
  } else if (report !== undefined && repeat > MOST_PICTURED) {
    throw usageError(`--report: ${repeat} runs are too many for one picture; ${MOST_PICTURED} is the most`);
  }
}

function recordsDescriptor({ records }: RunFlags): number | undefined {
  return records && "descriptor" in records ? records.descriptor : undefined;
}

/** Descriptors above 2 that the options name: they are for us, not for the command to inherit under their numbers. */
function ourDescriptors(flags: RunFlags): number[] {
  const named = [recordsDescriptor(flags), flags.owner, ...flags.stdio ?? []];
  return named.filter((number) => number !== undefined && number > 2) as number[];
}

/** The command's words as bytes: they are the last of our own arguments, which the runtime may have damaged. */
function asGiven(platform: Platform, words: string[]): Uint8Array[] {
  const raw = platform.ownArguments().slice(-words.length);
  const decoder = new TextDecoder();
  const same = raw.length === words.length &&
    raw.every((bytes, index) => decoder.decode(bytes) === words[index]);
  return same ? raw : words.map((word) => new TextEncoder().encode(word));
}

function exitCode(summary: SummaryRecord, platform: Platform): number {
  if (summary.outcome === "timed_out") return EXIT.timedOut;
  if (summary.exit_code !== null) return summary.exit_code;
  return EXIT.signalBase + (summary.signal ? platform.signalNumber(summary.signal) : 0);
}

function variable(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at <= 0) throw usageError(`env: "${text}" sets nothing; write NAME=value`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
