import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { EXIT, ProctorError } from "../core/error.ts";
import { printable } from "../core/text.ts";
import { addExportOptions } from "./export_options.ts";
import { durationOption } from "./option_values.ts";
import { colorsWelcome, printError, printOut, say, sayError } from "./output.ts";
import { REAP } from "./reap.ts";
import type { ApiServer } from "../supervisor/api/serve.ts";
import type { SuperviseExportFlags, SupervisorExporters } from "./supervise_exporters.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { GiveBack } from "./give_back.ts";

interface SuperviseFlags extends SuperviseExportFlags {
  config?: string;
  check?: boolean;
  schema?: boolean;
  stateDir?: string;
  socket?: string;
  detachOnExit?: boolean;
}

const EXAMPLES = `
Ends on SIGINT or SIGTERM, when everything is stopped in the reverse order of its dependencies; a second one
kills what is left. SIGHUP reads the configuration anew: only what has changed is restarted, and a faulty file
changes nothing.
What runs goes on when proctor is killed, and is taken up by the next one. docs/supervisor.md tells the rest.

Examples:
  proctor supervise --config proctor.yaml
  proctor supervise --config proctor.yaml --check       all faults, with file, line and column
  proctor supervise --schema > proctor.schema.json      for editors
  proctor supervise --config proctor.yaml --state-dir /run/user/1000/proctor
  proctor supervise --config proctor.yaml --mqtt mqtt://localhost --domain d --channel c
`;

/** `proctor supervise`: keep groups of processes alive. */
export function superviseCommand(end: (exitCode: number) => void): Command {
  const command = new Command("supervise")
    .description("keep processes running as a configuration says")
    .option("--config <file>", "the configuration, YAML")
    .option("--check", "only look whether it is right")
    .option("--schema", "print the JSON Schema of a configuration")
    .option("--state-dir <dir>", "where state, PID files, socket and logs are (default: base_directory)")
    .option("--socket <path>", "the socket of the API (default: proctor.sock in the state directory)")
    .option("--detach-on-exit", "leave processes running at the end, for the next supervisor to take up")
    .addOption(
      new Option(
        "--health-interval <duration|off>",
        "how often exporters are told of the supervisor and the host (default: 10s)",
      ).argParser((text) => text === "off" ? text : durationOption(text)),
    );
  return addExportOptions(command, ["task_id", "otlp_propagate"])
    .addHelpText("after", EXAMPLES)
    .action(async (flags: SuperviseFlags) => end(await execute(flags)));
}

async function execute(flags: SuperviseFlags): Promise<number> {
  if (flags.schema) {
    const { configJsonSchema } = await import("../supervisor/config/schema.ts");
    printOut(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return 0;
  }
  if (flags.config === undefined) {
    throw new ProctorError("usage", "--config: it is missing; name a configuration file");
  }
  const { ConfigError } = await import("../supervisor/config/fault.ts");
  try {
    return await (flags.check ? check(flags.config, flags) : run(flags.config, flags));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    sayError(error);
    const count = error.faults.length;
    say(`${count === 1 ? "1 fault" : `${count} faults`} in the configuration; nothing was started`);
    return EXIT.proctorFailed;
  }
}

async function check(file: string, flags: SuperviseFlags): Promise<number> {
  const [{ loadConfig }, { readLimitSupport }, { superviseExports, exportDestinations }] = await Promise
    .all([
      import("../supervisor/config/load.ts"),
      import("../supervisor/limit_support.ts"),
      import("./merged_exports.ts"),
    ]);
  const { definitions, files, exports: inFile } = loadConfig(file, { support: await readLimitSupport() });
  const exports = superviseExports(flags, inFile);
  const count = definitions.length === 1 ? "1 process" : `${definitions.length} processes`;
  printOut(`${files.length === 1 ? file : `${file} and ${files.length - 1} more`}: ${count}, no fault\n`);
  if (exports) printOut(`Messages go to ${exportDestinations(exports).map(printable).join(", ")}.\n`);
  return 0;
}

/** When everything is stopped, proctor itself ends within this. */
const END_WITHIN_MS = 10_000;
const LEVELS = ["debug", "info", "warn", "error"];

async function run(configFile: string, flags: SuperviseFlags): Promise<number> {
  const [{ Supervisor }, { loadPlatform }] = await Promise.all([
    import("../supervisor/supervisor.ts"),
    import("../platform/mod.ts"),
  ]);
  const platform = await loadPlatform();
  platform.useReaper([REAP]);
  let least = LEVELS.indexOf("info");
  const tell = (level: string, line: string) => {
    if (LEVELS.indexOf(level) < least) return;
    printError(`${new Date().toISOString()} ${level.padEnd(5)} ${printable(line)}\n`);
  };
  // From the first moment: whoever ends us early wants nothing left.
  const signals = new SignalQueue();
  const { eventLine } = await import("../supervisor/event_line.ts");
  let api: ApiServer | undefined;
  let exporters: SupervisorExporters | undefined;
  const giveBack = new GiveBack();
  const supervisor = await Supervisor.start({
    configFile,
    stateDirectory: flags.stateDir,
    propletId: flags.propletId,
    detachOnExit: flags.detachOnExit,
    colorsWelcome: colorsWelcome(),
    say: tell,
    onEvent: (event) => {
      tell(...eventLine(event));
      exporters?.event(event);
      giveBack.later();
    },
    beforeStart: async (made) => {
      least = LEVELS.indexOf(made.manager.log_level);
      const { SupervisorExporters } = await import("./supervise_exporters.ts");
      exporters = await SupervisorExporters.open(made, flags, platform, tell);
      const isChosen = flags.stateDir !== undefined || made.manager.base_directory !== undefined;
      const otherwise = isChosen ? "" : "; --state-dir names another place";
      tell("info", `state and logs are in ${made.info().base_directory}${otherwise}`);
      api = await openApi(made, flags.socket);
      tell("info", `the API is at ${api.addresses.join(" and ")}`);
    },
  }).catch(async (error) => {
    await Promise.all([api?.close(), exporters?.close()]);
    throw error;
  });
  signals.take((signal) => {
    if (signal === "SIGHUP") {
      void supervisor.reload().catch((error: Error) => {
        for (const line of error.message.split("\n")) tell("error", line);
        tell("error", "the configuration is as it was");
      });
    } else if (supervisor.info().state === "stopping") supervisor.killAll();
    else void supervisor.shutdown();
  });
  await supervisor.closed;
  // Each has a bound of its own; this is for what nobody has thought of.
  const ended = Promise.all([api?.close(), exporters?.close()]);
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, END_WITHIN_MS))]);
  return 0;
}

/** By default at a socket for our own user; at a port where the configuration names one. */
async function openApi(supervisor: Supervisor, socket: string | undefined): Promise<ApiServer> {
  const [{ ApiServer }, { SOCKET_NAME }] = await Promise.all([
    import("../supervisor/api/serve.ts"),
    import("../supervisor/base_directory.ts"),
  ]);
  const { port, bind_address: host, token, token_file } = supervisor.manager;
  return await ApiServer.open(supervisor, {
    socket: socket ?? join(supervisor.info().base_directory, SOCKET_NAME),
    port: port === undefined
      ? undefined
      : { host, port, token: token ?? (token_file === undefined ? undefined : readToken(token_file)) },
  });
}

function readToken(path: string): string {
  try {
    const token = readFileSync(path, "utf8").trim();
    if (token.length >= 16) return token;
  } catch (error) {
    throw new ProctorError(
      "usage",
      `process_manager.token_file: cannot read "${path}": ${(error as Error).message}`,
    );
  }
  throw new ProctorError("usage", `process_manager.token_file: "${path}" holds less than 16 characters`);
}

/** Signals that arrive before somebody takes them wait. */
class SignalQueue {
  #waiting: string[] = [];
  #taker: ((signal: string) => void) | undefined;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => this.#taker ? this.#taker(signal) : this.#waiting.push(signal));
    }
  }

  take(taker: (signal: string) => void): void {
    this.#taker = taker;
    this.#waiting.splice(0).forEach(taker);
  }
}
