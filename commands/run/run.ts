import { EXIT, usageError } from "../../core/error.ts";
import type { SummaryRecord } from "../../core/schema/record.ts";
import { samplingPlan } from "../../monitor/sampling_plan.ts";
import type { Leftovers, RunOptions } from "../../monitor/options.ts";
import { loadPlatform } from "../../platform/mod.ts";
import type { Platform } from "../../platform/mod.ts";
import type { VerbTable } from "../options/option_table.ts";
import type { Channel } from "../options/option_values.ts";
import { say } from "../../io/terminal/output.ts";
import { expectTicks } from "./hot_ticks.ts";
import { ownerSignal } from "./owner.ts";
import { REAP } from "../reap.ts";
import { Reporting } from "./reporting.ts";
import {
  coresOption,
  countOption,
  durationOption,
  patternsOption,
  scrapeOption,
  sizeOption,
  stdioOption,
} from "../options/option_values.ts";
import { exportFiles } from "./series/export_files.ts";
import { asksForSeries, checkSeries } from "./series/check_series.ts";
import { SERIES_OPTIONS } from "./series/series_options.ts";
import type { SeriesFlags } from "./series/series_options.ts";
import { checkSpans, WATCH_OPTIONS, watchOptions } from "./watch_options.ts";
import type { WatchFlags } from "./watch_options.ts";

interface RunFlags extends WatchFlags, SeriesFlags {
  timeout?: number;
  grace?: number;
  leftovers: Leftovers;
  limitMemory?: number;
  limitCpu?: number;
  limitProcesses?: number;
  exactPeak?: boolean;
  counters?: boolean;
  stdio?: [Channel, Channel, Channel];
  cwd?: string;
  env?: Record<string, string>;
}

const EXAMPLES = `
Durations are written 250ms, 1.5s, 2m or 1h; a bare number is seconds (proctor
help units). Options end at the command; -- is only needed before a command that
begins with a dash.

With --repeat the command's standard input is empty and its standard output
discarded, so that runs compare (--show-output lets it through); standard error
is kept. A run that fails ends the series (--ignore-failure goes on); the exit
code is that of the first that failed. Ctrl-C keeps what was measured. No shell
is started, so that there is no shell overhead to subtract; --command, --setup,
--prepare and --cleanup are split into words as a shell would split them. For a
pipeline write --command "sh -c 'a | b'".

Files: --records FILE.csv is CSV, other names JSON lines. An existing
file that proctor has not written is not overwritten without --force. Records
and a page that cannot be written are reported, and change neither the command
nor its exit code; if the summary cannot be written, a command that ended well
gives 125.

When the terminal hangs up (a connection drops) the whole tree is ended, by
SIGHUP and after --grace by SIGKILL; nohup proctor run … goes on.

Examples:
  proctor run -- make -j4
  proctor run --records run.jsonl --per-process -- npm ci
  proctor run --report run.html -- make -j4
  proctor run --records - --format csv -- ./job > job.csv
  proctor run --interval 10ms --no-adaptive --metrics cpu,memory -- ./short
  proctor run --timeout 5m --grace 10s --summary-file cost.json -- ./test.sh
  proctor run --limit-memory 2G --limit-cpu 1.5 -- make -j4
  proctor run --processes -- make -j4
  proctor run --app-metrics 'queue*,http_*' -- ./server
  proctor run --scrape http://localhost:9090/metrics -- ./server
  proctor run --repeat 10 --warmup 1 --records run.jsonl -- make -B
  proctor run --repeat 10 --command 'make -B' --command 'ninja -B'
  proctor run --repeat 5 --parameter-scan j 1 8 -- make -j{j} -B
  proctor run --min-time 5s --export-json sort.json -- sort data.txt
  proctor run --env CC=clang --cwd build --name nightly -- ninja
  proctor run --mqtt mqtts://broker --mqtt-topic-prefix factory/edge -- ./job
  proctor run --prometheus-textfile /srv/node/nightly.prom -- ./backup.sh
  proctor run --otlp http://localhost:4318 --otlp-propagate --name build -- make
  proctor run --otlp http://localhost:4318 --processes --otlp-processes -- make
`;

/** `proctor run`: run a command, watch its tree, say what it cost. */
export const RUN: VerbTable<RunFlags> = {
  name: "run",
  description: "run a command and report what its whole process tree cost",
  usage: "[options] [--] COMMAND [ARG...]",
  arguments: [
    { name: "[command...]", description: "the command and its arguments; --command is another way" },
  ],
  passesThrough: true,
  options: [
    ...WATCH_OPTIONS,
    {
      flags: "--timeout <duration>",
      description: "end the whole tree after this long (exit code 124)",
      parse: durationOption,
    },
    {
      flags: "--grace <duration>",
      description: "between SIGTERM and SIGKILL (default: 2s)",
      parse: durationOption,
    },
    {
      flags: "--leftovers <what>",
      description: "processes that outlive the command: wait for them, stop or leave them",
      choices: ["wait", "stop", "leave"],
      default: "wait",
    },
    {
      flags: "--limit-memory <size>",
      description: "most memory the tree may use, such as 512M",
      parse: sizeOption,
    },
    {
      flags: "--limit-cpu <cores>",
      description: "most CPU the tree may use, such as 1.5",
      parse: coresOption,
    },
    {
      flags: "--limit-processes <number>",
      description: "most processes and threads at a time",
      parse: countOption,
    },
    {
      flags: "--exact-peak",
      description: "the most memory of the tree at once as the kernel counts it, or no run",
    },
    {
      flags: "--counters",
      description: "count context switches, cycles, instructions, misses; and the machine's energy (perf)",
    },
    {
      flags: "--app-metrics <patterns>",
      description: "take the program's own metrics, as StatsD, of names like 'queue*,http_*'; '*' is all",
      parse: patternsOption,
    },
    {
      flags: "--scrape <url>",
      description: "ask this URL for the program's own metrics, as Prometheus does; may be repeated",
      parse: scrapeOption,
    },
    {
      flags: "--scrape-interval <duration>",
      description: "how often (default: 5s)",
      parse: durationOption,
    },
    {
      flags: "--app-otlp",
      description: "take the program's own metrics by OTLP over HTTP, too: OpenTelemetry finds the endpoint",
    },
    {
      flags: "--stdio <in,out,err>",
      description: "descriptors of ours that the command gets as its 0, 1 and 2",
      parse: stdioOption,
    },
    { flags: "--cwd <dir>", description: "run the command there" },
    {
      flags: "--env <K=V>",
      description: "set a variable of its environment; may be repeated",
      parse: variable,
    },
    ...SERIES_OPTIONS,
  ],
  examples: EXAMPLES,
  run: ([words], flags) => execute(words as string[], flags),
};

async function execute(words: string[], flags: RunFlags): Promise<number> {
  if (words.length === 0 && flags.command === undefined) {
    throw usageError("there is no command; write it behind the options, as in proctor run -- make -j4");
  }
  const platform = await loadPlatform();
  platform.useReaper([REAP]);
  const ours = ourDescriptors(flags);
  const inherited = platform.inheritedDescriptors().filter((number) => !ours.includes(number));
  platform.keepFromChildren(ours);
  const options = await watchOptions(flags);
  const owner = ownerSignal(flags.owner, platform);
  const stdio = flags.stdio?.map((channel) =>
    typeof channel === "number" ? channel : platform.openHandle(channel.handle)
  ) as [number, number, number] | undefined;
  checkSeries(words, flags);
  checkScraping(flags);
  checkSpans(flags);
  const plan = samplingPlan(options);
  expectTicks(plan);
  const isSeries = asksForSeries(flags);
  const commands = isSeries && (await import("./series/series_commands.ts"))
    .seriesCommands(words, asGiven(platform, words), flags);
  const reporting = await Reporting.open(flags, plan, platform, undefined, exportFiles(flags));
  const { monitorRun } = await import("../../monitor/run/run.ts");
  const runOptions: RunOptions = {
    ...options,
    command: asGiven(platform, words),
    cwd: flags.cwd,
    env: { ...reporting.exporters?.environment, ...flags.env },
    stdio: stdio ?? (recordsDescriptor(flags) === 1 ? [0, 2, 2] : [0, 1, 2]),
    inherited,
    timeoutMs: flags.timeout,
    graceMs: flags.grace,
    leftovers: flags.leftovers,
    limits: {
      memoryBytes: flags.limitMemory,
      cpuCores: flags.limitCpu,
      processes: flags.limitProcesses,
    },
    exactPeak: flags.exactPeak,
    counters: flags.counters,
    appMetrics: flags.appMetrics,
    scrape: flags.scrape,
    appOtlp: flags.appOtlp,
    scrapeIntervalMs: flags.scrapeInterval,
    abort: owner,
    forwardSignals: true,
    soleParent: true,
    samples: reporting.readsSamples,
    pace: reporting.exporters?.pace,
    onRecord: reporting.record,
    onNotice: reporting.notice,
  };
  const codeOf = (summary: SummaryRecord) => exitCode(summary, platform);
  if (commands) {
    const { repeat } = await import("./repeat.ts");
    const ownsStdout = recordsDescriptor(flags) === 1;
    const code = await repeat({ commands, flags, ownsStdout, runOptions, reporting, platform, codeOf });
    return kept(code || lossOf(reporting), platform);
  }
  const { summary, startError } = await monitorRun(runOptions, {
    mayStandStill: () => reporting.isIdle,
    lines: reporting.lines,
  });
  if (startError) say(startError.message);
  await reporting.finish(summary);
  return kept(startError?.exitCode ?? (codeOf(summary) || lossOf(reporting)), platform);
}

function kept(code: number, platform: Platform): number {
  platform.keepExitCode?.(code);
  return code;
}

/** What to exit with after a command that ended well: not 0 when its summary was to be written and could not be. */
function lossOf({ isSummaryLost }: Reporting): number {
  return isSummaryLost ? EXIT.proctorFailed : 0;
}

function checkScraping({ scrape, scrapeInterval }: RunFlags): void {
  if (scrapeInterval !== undefined && !scrape) {
    throw usageError("--scrape-interval: there is nothing to ask; add --scrape URL");
  }
}

function recordsDescriptor({ records }: RunFlags): number | undefined {
  return records && "descriptor" in records ? records.descriptor : undefined;
}

/** Descriptors above 2 that the options name: they are for us, not for the command to inherit under their numbers. */
function ourDescriptors(flags: RunFlags): number[] {
  const named = [recordsDescriptor(flags), flags.owner, ...flags.stdio ?? []];
  return named.filter((channel) => typeof channel === "number" && channel > 2) as number[];
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
