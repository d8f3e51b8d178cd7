import { Command, Option } from "commander";
import { EXIT, ProctorError, usageError } from "../core/error.ts";
import { formatDuration } from "../core/duration.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { ProcessLookup } from "../platform/mod.ts";
import { addExportOptions } from "./export_options.ts";
import { durationOption } from "./option_values.ts";
import { printOut, say, sayError } from "./output.ts";
import { addRotationOptions, destination } from "./watch_options.ts";
import type { Agent } from "./watch_agent.ts";
import { addTargetOptions } from "./watch_flags.ts";
import type { AgentFlags, AgentSettings } from "./watch_settings.ts";

const EXAMPLES = `
Follows processes that others have started, as they come and go. Each is a task, of which a message is told at
every tick of its profile: as a JSON line on standard output, when neither --records nor an exporter is asked
for. SIGHUP reads the file anew; SIGTERM and SIGINT have the last messages leave, and end it. docs/watch.md
tells the rest.

Examples:
  proctor watch --name nginx --interval 5s
  proctor watch --pid-file /run/sshd.pid --profile long_running_daemon --records sshd.jsonl
  proctor watch --command-line 'worker --queue=\\w+' --user www-data --no-tree
  proctor watch --port 5432 --mqtt mqtt://localhost --domain d --channel c
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
    .option("--profile <name|file.json>", "monitoring profile; see proctor profiles (default: standard)")
    .addOption(
      new Option("--interval <duration>", "time between messages, over the profile's").argParser(
        durationOption,
      ),
    )
    .addOption(
      new Option("--discover-interval <duration>", "how often processes are looked for (default: 1s)")
        .argParser(
          durationOption,
        ),
    )
    .addOption(
      new Option(
        "--health-interval <duration|off>",
        "how often exporters are told of the agent and the host (default: 10s)",
      ).argParser((text) => text === "off" ? text : durationOption(text)),
    )
    .addOption(
      new Option("--records <file|-|fd:N>", "messages as JSON lines; a file is added to").argParser(
        destination,
      ),
    );
  return addExportOptions(addRotationOptions(command), ["task_id"])
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
    printOut(checkTable(settings, platform.lookUp()));
    return 0;
  }
  demandProcesses(settings, platform.lookUp());
  const notice = (line: string) => {
    if (!flags.quiet) say(line);
  };
  // A signal that comes while it starts is not lost.
  const stop = stopSignal();
  let reloading: Promise<void> = Promise.resolve();
  const starting = import("./watch_agent.ts").then(({ Agent }) => Agent.start(settings, platform, notice));
  // A hangup that comes while it starts waits its turn.
  process.on("SIGHUP", () => {
    reloading = reloading.then(async () => await reload(await starting, flags, notice));
  });
  for (const line of remarks(settings)) notice(line);
  const agent = await starting;
  await Promise.race([stop, agent.done]);
  await agent.close();
  await reloading;
  return 0;
}

/** Targets by process ID alone are over before they have begun when there is none of the processes. */
function demandProcesses({ targets }: AgentSettings, lookup: ProcessLookup): void {
  const pids = targets.flatMap(({ query }) => query.pid ?? []);
  if (pids.length < targets.length || pids.some((pid) => lookup.find(pid))) return;
  throw usageError(`watch: there is no process ${pids.join(", ")}`);
}

async function readSettings(flags: AgentFlags): Promise<AgentSettings> {
  const { agentSettings } = await import("./watch_settings.ts");
  return await agentSettings(flags);
}

/** What it gives; undefined when a file has faults, each of which is told in a line. */
async function faultless<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const { ConfigError } = await import("../supervisor/config/fault.ts");
    if (!(error instanceof ConfigError)) throw error;
    sayError(error);
    return undefined;
  }
}

async function reload(
  agent: Agent,
  flags: AgentFlags,
  notice: (line: string) => void,
): Promise<void> {
  if (flags.config === undefined) return notice("there is no file to be read anew; --config names one");
  try {
    const settings = await faultless(() => readSettings(flags));
    if (!settings) return say(`${flags.config} is not used; everything goes on as before`);
    await agent.reload(settings);
    notice(`${flags.config} was read anew`);
  } catch (error) {
    if (!(error instanceof ProctorError)) throw error;
    say(error.message);
    say(`${flags.config} is not used; everything goes on as before`);
  }
}

/** Resolves with the first signal that asks us to end; a second one ends us at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
      process.on(signal, () => {
        if (asked) process.exit(EXIT.signalBase + number);
        asked = true;
        resolve();
      });
    }
  });
}

/** What somebody might wonder about. */
function remarks({ targets }: AgentSettings): string[] {
  return targets.flatMap(({ id, profile }) => {
    if (!profile.enabled) return [`${id}: the profile is disabled; nothing is told of it`];
    if (!profile.export_to_mqtt) {
      const interval = formatDuration(profile.interval_ms ?? 0);
      return [
        `${id}: the profile exports nothing (export_to_mqtt is false, every ${interval}); nothing is told of it`,
      ];
    }
    return [];
  });
}
