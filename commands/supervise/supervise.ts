import { Command, Option } from "commander";
import { EXIT, usageError } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { addOptions } from "../options/commander_table.ts";
import { exportOptions } from "../options/export_options.ts";
import { durationOption } from "../options/option_values.ts";
import { printOut, say, sayError } from "../../io/terminal/output.ts";
import type { RunFlags } from "./run_supervisor.ts";
import { sourceOf } from "./source.ts";
import type { Source } from "./source.ts";
import { AS_SERVICE, IN_BACKGROUND } from "./up.ts";
import { needScreen } from "../screen/need_screen.ts";

interface SuperviseFlags extends RunFlags {
  config?: string;
  check?: boolean;
  schema?: boolean;
  detach?: boolean;
  installService?: string | true;
  removeService?: string | true;
  asService?: string;
}

/** Settings of exporters that are of those who watch alone. */
const NOT_OURS = [
  "task_id",
  "otlp_propagate",
  "otlp_processes",
  "mqtt_control",
  "mqtt_control_interval",
] as const;

const EXAMPLES = `
Without --config and a command, proctor.yaml (or proctor.yml) of the current
directory is the configuration. Ends on SIGINT or SIGTERM, when everything is
stopped in the reverse order of its dependencies; a second one kills what is
left. SIGHUP reloads the configuration: only what has changed is restarted,
and a faulty file changes nothing. A command that is given instead of a file is
started again when it fails; proctor ends when it has ended well. On a terminal
everybody's output is shown, each line behind the name of its process; it is in
the logs anyway. What runs goes on when proctor is killed, and is taken up by
the next one. docs/supervisor.md has the rest.

Examples:
  proctor init && proctor supervise            write a configuration, and run it
  proctor supervise -- ./server --port 8080    one command, without a file
  proctor supervise --tui                      on the whole screen
  proctor supervise --only web,db              show the output of these alone
  proctor supervise --web 127.0.0.1:9400       a page, by a link that is printed
  proctor supervise --detach                   in the background
  proctor supervise --config a.yaml --check    all faults, with line and column
  proctor supervise --schema > a.schema.json   for editors
  proctor supervise --state-dir /run/user/1000/proctor
  proctor supervise --mqtt mqtt://localhost
  proctor supervise --install-service --config C:\\srv\\a.yaml    on Windows
`;

/** `proctor supervise`: keep groups of processes alive. */
export function superviseCommand(end: (exitCode: number) => void): Command {
  const command = new Command("supervise")
    .description("keep processes running as a configuration says, or one command")
    .argument("[command...]", "supervise this one, without a configuration")
    .option("--config <file>", "the configuration, YAML (default: proctor.yaml or proctor.yml)")
    .option("--check", "only check the configuration")
    .option("--schema", "print the JSON Schema of a configuration")
    .option("--detach", "run in the background, with its own log in supervisor.log of the state directory")
    .option("--tui", "show a full screen, that of ctl monitor, instead of everybody's output")
    .option("--quiet", "do not show on a terminal what processes write")
    .addOption(
      new Option("--only <ids>", "show what these processes write, a list with commas").argParser(idsOption),
    )
    .option("--state-dir <dir>", "where state, PID files, socket and logs are (default: base_directory)")
    .option("--socket <path>", "the socket of the API (default: proctor.sock in the state directory)")
    .option("--web <address>", "serve a page: 127.0.0.1:9400, or unix:/path for a proxy")
    .option("--force", "overwrite a file of --prometheus-textfile that was not written by proctor")
    .option("--detach-on-exit", "leave processes running at the end, for the next supervisor to take up")
    .option(
      "--install-service [name]",
      "Windows: have the system run --config as a service (default: proctor)",
    )
    .option("--remove-service [name]", "Windows: stop such a service, and remove it")
    .addOption(new Option(IN_BACKGROUND).hideHelp())
    .addOption(new Option(`${AS_SERVICE} <name>`).hideHelp())
    .addOption(
      new Option(
        "--health-interval <duration|off>",
        "how often exporters get messages of the supervisor and the host (default: 10s)",
      ).argParser((text) => text === "off" ? text : durationOption(text)),
    );
  return addOptions(command, exportOptions(NOT_OURS))
    .addHelpText("after", EXAMPLES)
    .action(async (words: string[], flags: SuperviseFlags) => end(await execute(words, flags)));
}

async function execute(words: readonly string[], flags: SuperviseFlags): Promise<number> {
  if (flags.schema) {
    const { configJsonSchema } = await import("../../supervisor/config/schema.ts");
    printOut(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return 0;
  }
  if (flags.removeService) {
    return await (await import("./service.ts")).removeService(flags.removeService, words, flags);
  }
  if (flags.asService !== undefined) {
    return await (await import("./service.ts")).runAsService(flags.asService, flags);
  }
  const source = sourceOf(flags.config, words);
  const { ConfigError } = await import("../../config/fault.ts");
  try {
    if (flags.installService) {
      return await (await import("./service.ts")).installService(flags.installService, source, flags);
    }
    if (flags.check) return await check(source, flags);
    if (flags.detach) {
      if (flags.only) throw usageError("--only: there is no output in the background; use proctor ctl logs");
      if (flags.tui) {
        throw usageError("--tui: there is no screen in the background; use proctor ctl monitor");
      }
      return await (await import("./background.ts")).detach();
    }
    if (flags.tui) checkTui(flags);
    return await (await import("./run_supervisor.ts")).runSupervisor(source, flags);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    sayError(error);
    const count = error.faults.length;
    say(`${count === 1 ? "1 fault" : `${count} faults`} in the configuration; nothing was started`);
    return EXIT.proctorFailed;
  }
}

async function check({ configFile: file }: Source, flags: SuperviseFlags): Promise<number> {
  if (file === undefined) throw usageError("--check: it checks a configuration; leave the command out");
  const [{ checkConfig }, { superviseExports, exportDestinations }] = await Promise.all([
    import("../../supervisor/check_config.ts"),
    import("../options/merged_exports.ts"),
  ]);
  const { definitions, files, exports: inFile } = await checkConfig(file, flags.stateDir);
  const exports = superviseExports(flags, inFile);
  const count = definitions.length === 1 ? "1 process" : `${definitions.length} processes`;
  printOut(
    `${
      files.length === 1 ? printable(file) : `${printable(file)} and ${files.length - 1} more`
    }: ${count}, no fault\n`,
  );
  if (exports) printOut(`Messages go to ${exportDestinations(exports).map(printable).join(", ")}.\n`);
  return 0;
}

/** @throws ProctorError of kind `usage` where no screen can be shown, or other things are asked for as well */
function checkTui({ only, quiet }: SuperviseFlags): void {
  if (only || quiet) {
    throw usageError(
      `--tui and --${only ? "only" : "quiet"}: give one of them; the screen shows one log at a time`,
    );
  }
  needScreen("--tui", { program: "--detach and proctor ctl", dumb: "supervise without it" });
}

function idsOption(text: string): string[] {
  return text.split(",").map((id) => id.trim()).filter((id) => id !== "");
}
