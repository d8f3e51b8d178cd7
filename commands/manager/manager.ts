import { Command, Option } from "commander";
import { EXIT } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { printOut, say, sayError } from "../../io/terminal/output.ts";
import { addOptions } from "../options/commander_table.ts";
import { exportOptions } from "../options/export_options.ts";
import type { OptionRow } from "../options/option_table.ts";
import { brokerAccessCommand } from "./broker_access.ts";
import { exportCommand } from "./export.ts";
import { userCommand } from "./user.ts";
import type { ManagerFlags } from "./settings.ts";

const EXAMPLES = `
Reads what agents (proctor watch, proctor supervise, proctor run --mqtt) publish
to a broker, keeps the history of every process of every host, and serves it: an
API, and a page for a browser. One directory has everything; a manager that was
killed goes on where it was. Over PostgreSQL any number share the work. SIGTERM
and SIGINT end it, SIGHUP reads the certificate again. docs/fleet.md has the
rest.

Examples:
  proctor manager --mqtt mqtt://localhost
  proctor manager --mqtt mqtts://broker --mqtt-user manager --store /srv/fleet
  proctor manager --mqtt mqtt://broker --store postgres://fleet@db/fleet
  proctor manager --remote-write http://prometheus:9090/api/v1/write
  proctor manager --config manager.yaml --check
  proctor manager --schema > manager.schema.json
`;

/** Settings of exporters that say how to reach the broker; all others are of those who publish. */
const BROKER_KEYS = [
  "mqtt",
  "mqtt_version",
  "mqtt_ca",
  "mqtt_cert",
  "mqtt_key",
  "mqtt_user",
  "mqtt_password_file",
] as const;

/** `proctor manager`: the history of a fleet. */
export function managerCommand(end: (exitCode: number) => void): Command {
  const command = new Command("manager")
    .description("keep and serve what the agents of many hosts publish")
    .option("--config <file>", "broker, store, retention and more (YAML)")
    .option("--check", "say what the settings come to, and end")
    .option("--schema", "print the JSON Schema of a configuration")
    .option("--store <dir|url>", "the directory, or the database (postgres://), that everything is kept in")
    .option("--store-password-file <file>", "with the password of the database (default: in PGPASSWORD)")
    .option("--state-dir <dir>", "with a database: where the API's token is")
    .addOption(
      new Option("--http <address>", "serve the API and the page here (default: 127.0.0.1:9460)"),
    )
    .option("--group <name>", "of managers that stand for each other (default: default)")
    .option("--remote-write <url>", "send every sample to Prometheus, VictoriaMetrics or Mimir, too")
    .option("--clickhouse <url>", "write every sample into a table of ClickHouse, too");
  command.addCommand(exportCommand(end));
  return addOptions(command, brokerOptions())
    .addCommand(userCommand(end))
    .addCommand(brokerAccessCommand(end))
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ManagerFlags) => end(await execute(flags)));
}

/** As exporters have them, from the reader's side. */
function brokerOptions(): OptionRow[] {
  const isOfBroker = ({ flags }: OptionRow) =>
    BROKER_KEYS.some((key) => key === flags.split(" ")[0].slice(2).replaceAll("-", "_"));
  return exportOptions().filter(isOfBroker).map((row) => ({
    ...row,
    group: "Broker:",
    description: row.flags.startsWith("--mqtt <")
      ? "the broker that agents publish to: mqtt:// or mqtts://"
      : row.description,
  }));
}

async function execute(flags: ManagerFlags): Promise<number> {
  const [{ ConfigError }, { settingsOf }] = await Promise.all([
    import("../../config/fault.ts"),
    import("./settings.ts"),
  ]);
  try {
    if (flags.schema) {
      const { managerConfigJsonSchema } = await import("../../fleet/config/manager_schema.ts");
      printOut(`${JSON.stringify(managerConfigJsonSchema(), null, 2)}\n`);
      return 0;
    }
    const settings = settingsOf(flags);
    if (flags.check) {
      printOut(`${settings.words.map(printable).join("\n")}\n`);
      return 0;
    }
    return await (await import("./run_manager.ts")).runManager(settings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    sayError(error);
    const count = error.faults.length;
    say(`${count === 1 ? "1 fault" : `${count} faults`} in the configuration; nothing was started`);
    return EXIT.proctorFailed;
  }
}
