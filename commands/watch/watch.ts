import { Command, Option } from "commander";
import { EXIT, ProctorError, usageError } from "../../core/error.ts";
import { formatDuration } from "../../core/duration.ts";
import { compileSoon } from "../../ffi/mod.ts";
import { loadPlatform } from "../../platform/mod.ts";
import type { Platform, ProcessLookup } from "../../platform/mod.ts";
import { dropAfterStart } from "../drop_pages.ts";
import { addOptions } from "../options/commander_table.ts";
import { exportOptions } from "../options/export_options.ts";
import { durationOption, patternsOption, scrapeOption } from "../options/option_values.ts";
import { colorsWelcome, isTerminal, placesText, printOut, say, sayError } from "../../io/terminal/output.ts";
import { checkOutputFiles, recordsFormat, rotatedFiles } from "../options/output_files.ts";
import type { OutputFile } from "../options/output_files.ts";
import { destination, ROTATION_OPTIONS } from "../run/watch_options.ts";
import type { Agent } from "../../agent/watch_agent.ts";
import { addTargetOptions } from "./watch_flags.ts";
import type { AgentSettings } from "../../agent/settings.ts";
import type { AgentFlags, WatchSettings } from "./watch_settings.ts";
import type { WatchView } from "./watch_view.ts";

const EXAMPLES = `
Follows processes that others have started, as they come and go. Each is a task,
of which a message is sent at every tick of its profile. Without --records and
exporters, standard output is a table of all tasks on a terminal (q or Ctrl-C
ends it with a summary), and a JSON line for each message in a pipe. SIGHUP
reloads the file; SIGTERM and SIGINT have the last messages leave, and end
it. So does a terminal that hangs up, and a reader of standard output that goes
away, when messages go nowhere else. docs/watch.md has the rest.

Examples:
  proctor watch --name nginx --interval 5s
  proctor watch --name nginx --format json
  proctor watch --pid-file /run/sshd.pid --interval 1m --records sshd.jsonl
  proctor watch --command-line 'worker --queue=\\w+' --user www-data --no-tree
  proctor watch --container web --interval 1s
  proctor watch --unit nginx --prometheus :9500
  proctor watch --unit web --mqtt mqtts://broker
  proctor watch --unit cron --processes --records cron.jsonl
  proctor watch --port 9090 --follow one --scrape http://localhost:9090/metrics
  proctor watch --port 5432 --mqtt mqtt://localhost
  proctor watch --config watch.yaml --check
`;

/** `proctor watch`: the agent. */
export function watchCommand(end: (exitCode: number) => void): Command {
  const command = new Command("watch")
    .description("watch processes that others have started, as they come and go")
    .option("--config <file>", "what to watch, and where messages go (YAML)")
    .option("--check", "say what the settings come to and which processes there are, and end");
  addTargetOptions(command)
    .option("--task-id <template>", "with {target}, {pid}, {name}, {host} (default: {target}-{pid})")
    .addOption(
      new Option("--scrape <url>", "ask this URL for the program's own metrics; may be repeated")
        .argParser(scrapeOption),
    )
    .addOption(
      new Option(
        "--app-metrics <patterns>",
        "names of those that are kept, like 'queue*,http_*' (default: all)",
      )
        .argParser(patternsOption),
    )
    .option("--profile <name|file.json|json>", "monitoring profile; see proctor profiles (default: standard)")
    .addOption(
      new Option("--interval <duration>", "time between messages, over the profile's").argParser(
        durationOption,
      ),
    )
    .addOption(
      new Option("--discover-interval <duration>", "how often to search for processes (default: 1s)")
        .argParser(durationOption),
    )
    .addOption(
      new Option(
        "--health-interval <duration|off>",
        "how often exporters get messages of the agent and the host (default: 10s)",
      ).argParser((text) => text === "off" ? text : durationOption(text)),
    )
    .addOption(
      new Option("--records <file|-|fd:N|handle:N>", "messages as JSON lines; a file is added to").argParser(
        destination,
      ),
    );
  return addOptions(command, [...ROTATION_OPTIONS, ...exportOptions(["task_id", "otlp_processes"])])
    .addOption(
      new Option("--format <format>", "of standard output (default: a table on a terminal, else json)")
        .choices(["table", "json"]),
    )
    .option("--ascii", "draw the table with ASCII alone")
    .option("--no-color", "no colours in the table")
    .option("--force", "write to files that are there and were not written by proctor")
    .option("-q, --quiet", "nothing of proctor's own on standard error but errors")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: AgentFlags) => end(await execute(flags)));
}

async function execute(flags: AgentFlags): Promise<number> {
  const settings = await faultless(() => readSettings(flags));
  if (!settings) return EXIT.proctorFailed;
  const platform = await loadPlatform();
  if (flags.check) {
    const { checkTable } = await import("./watch_check.ts");
    printOut(await checkTable(settings, platform.lookUp()));
    return 0;
  }
  compileSoon();
  checkFiles(settings, flags);
  demandProcesses(settings, platform.lookUp());
  const view = settings.isTable ? await openView(flags, platform) : undefined;
  const notice = (line: string) => {
    if (!flags.quiet) (view?.notice ?? say)(line);
  };
  // A signal that comes while it starts is not lost.
  const stop = stopSignal(platform);
  let reloading: Promise<void> = Promise.resolve();
  const starting = import("../../agent/watch_agent.ts").then(({ Agent }) =>
    Agent.start(settings, platform, notice, view?.take)
  );
  // A hangup that comes while it starts waits its turn.
  const { hangup, isHangup } = hangups(platform);
  process.on("SIGHUP", () => {
    if (isHangup()) return;
    reloading = reloading.then(async () => await reload(await starting, flags, notice, view));
  });
  for (const line of remarks(settings)) notice(line);
  const agent = await starting;
  dropAfterStart(platform.dropProgramPagesFinely);
  try {
    view?.start();
    await Promise.race([stop, hangup, agent.run(), ...(view ? [view.ended] : [])]);
    await agent.close();
    await reloading;
  } finally {
    view?.finish();
  }
  return 0;
}

async function openView({ ascii, color }: AgentFlags, platform: Platform): Promise<WatchView> {
  const [{ WatchView }, { speaksUnicode }] = await Promise.all([
    import("./watch_view.ts"),
    import("../screen/need_screen.ts"),
  ]);
  return new WatchView(platform, {
    isAscii: ascii === true || !speaksUnicode(),
    hasColors: color !== false && colorsWelcome(1),
    isFull: isTerminal(0) && placesText(1),
  });
}

/** Targets by process ID alone are over before they have begun when there is none of the processes. */
function demandProcesses({ targets }: AgentSettings, lookup: ProcessLookup): void {
  const pids = targets.flatMap(({ query }) => query.pid ?? []);
  if (pids.length < targets.length || pids.some((pid) => lookup.find(pid))) return;
  throw usageError(`watch: there is no process ${pids.join(", ")}`);
}

async function readSettings(flags: AgentFlags): Promise<WatchSettings> {
  const { agentSettings } = await import("./watch_settings.ts");
  return await agentSettings(flags);
}

/** What it gives; undefined when a file has faults, each of which is told in a line. */
async function faultless<T>(read: () => Promise<T>, view?: WatchView): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const { ConfigError } = await import("../../config/fault.ts");
    if (!(error instanceof ConfigError)) throw error;
    if (view) error.lines.forEach(view.notice);
    else sayError(error);
    return undefined;
  }
}

async function reload(
  agent: Agent,
  flags: AgentFlags,
  notice: (line: string) => void,
  view: WatchView | undefined,
): Promise<void> {
  const warn = view?.notice ?? say;
  if (flags.config === undefined) {
    // Where records are added to is looked at before each write: logrotate's signal needs nothing else.
    return notice(
      "there is no configuration to reload (--config names one); records go where they went",
    );
  }
  try {
    const settings = await faultless(() => readSettings(flags), view);
    if (!settings) return warn(`${flags.config} is not used; everything goes on as before`);
    // A file that names no place for messages any more: without a table they go to standard output.
    const isLost = settings.isTable && !view;
    await agent.reload(isLost ? { ...settings, records: { descriptor: 1 } } : settings);
    notice(`${flags.config} was reloaded`);
  } catch (error) {
    if (!(error instanceof ProctorError)) throw error;
    warn(error.message);
    warn(`${flags.config} is not used; everything goes on as before`);
  }
}

/** Tells a terminal that has hung up, of which nobody reads any more, from a request to read the file anew. */
function hangups(platform: Platform): { hangup: Promise<void>; isHangup: () => boolean } {
  const { promise: hangup, resolve } = Promise.withResolvers<void>();
  const mayHangUp = platform.hasTerminal() && !platform.wasIgnored("SIGHUP");
  // Where only a terminal can send it, it is that one which is closed.
  const isSentByTerminal = platform.terminalSignals.includes("SIGHUP");
  const isHangup = () => {
    const isOne = isSentByTerminal || (mayHangUp && !platform.hasTerminal());
    if (isOne) resolve();
    return isOne;
  };
  return { hangup, isHangup };
}

/** Where messages are added to and metrics written, looked at before anything is. */
function checkFiles({ records, rotation, exports }: AgentSettings, { force }: AgentFlags): void {
  const files: OutputFile[] = [];
  if (records && "path" in records) {
    if (recordsFormat(records.path, undefined) === "csv") {
      throw usageError(`--records: messages are JSON lines, and "${records.path}" says CSV; name a .jsonl`);
    }
    files.push({ option: "--records", path: records.path, kind: "records", isInPlace: true });
    if (rotation) files.push(...rotatedFiles("--records", records.path, rotation.keep));
  }
  const textfile = exports?.prometheus_textfile;
  if (typeof textfile === "string") {
    files.push({ option: "--prometheus-textfile", path: textfile, kind: "metrics" });
  }
  checkOutputFiles(files, { force });
}

/** Resolves with the first signal that asks us to end; a second one ends us at once. */
function stopSignal({ endingSignals, signalNumber }: Platform): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const others = endingSignals.filter((signal) => signal === "SIGBREAK");
    for (const signal of ["SIGINT", "SIGTERM", ...others]) {
      process.on(signal, () => {
        if (asked) process.exit(EXIT.signalBase + signalNumber(signal));
        asked = true;
        resolve();
      });
    }
  });
}

/** What somebody might wonder about. */
function remarks({ targets }: AgentSettings): string[] {
  return targets.flatMap(({ id, profile }) => {
    if (!profile.enabled) return [`${id}: the profile is disabled; nothing is reported`];
    if (!profile.export_to_mqtt) {
      const interval = formatDuration(profile.interval_ms ?? 0);
      return [
        `${id}: the profile exports nothing (export_to_mqtt is false, every ${interval}); nothing is reported`,
      ];
    }
    return [];
  });
}
