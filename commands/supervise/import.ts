import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { MOST_FILE_BYTES } from "../../config/config_files.ts";
import { EXIT, ProctorError, usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { createFile } from "../../io/private_file.ts";
import { printOut, say, sayError } from "../../io/terminal/output.ts";
import { readTextFile } from "../../io/text_file.ts";
import type { Imported } from "../../supervisor/import/imported.ts";
import { FORMATS } from "../../supervisor/import/formats.ts";
import type { Format } from "../../supervisor/import/formats.ts";

interface ImportFlags {
  format?: Format;
  output?: string;
  evaluate?: boolean;
}

const EXAMPLES = `
The configuration is printed, in the short form, with a comment on every key
that has no counterpart. An ecosystem file of pm2 that is a program is run for
that, with your rights, only with --evaluate.

Examples:
  proctor import Procfile > proctor.yaml
  proctor import supervisord.conf -o proctor.yaml
  proctor import ecosystem.config.js --evaluate
  proctor import docker-compose.yml
  proctor import /lib/systemd/system/redis-server.service
`;

/** `proctor import`: the configuration of another supervisor as ours. */
export function importCommand(end: (exitCode: number) => void): Command {
  return new Command("import")
    .description("make a configuration for supervise of a Procfile, supervisord.conf, unit or compose file")
    .argument("<file>", "of another supervisor")
    .addOption(
      new Option("--format <name>", "the format of the file (default: detected from it)").choices(FORMATS),
    )
    .option("-o, --output <file>", "write it there, where nothing is yet")
    .option("--evaluate", "run an ecosystem file that is a program")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, flags: ImportFlags) => end(await execute(file, flags)));
}

async function execute(file: string, flags: ImportFlags): Promise<number> {
  const { ConfigError, firstFaults } = await import("../../config/fault.ts");
  try {
    const [imported, { written }] = await Promise.all([
      read(file, flags),
      import("../../supervisor/import/imported.ts"),
    ]);
    const text = written(imported, file);
    if (flags.output === undefined) printOut(text);
    else save(flags.output, text);
    // What stands there faulty in the other's words is faulty in ours: the rest is worth having all the same.
    const { faultsIn } = await import("../../supervisor/import/faults_in.ts");
    const faults = faultsIn(text, flags.output ?? "standard output");
    if (faults.length > 0) throw new ConfigError(firstFaults(faults));
    const notes = imported.processes.reduce((sum, { notes }) => sum + notes.length, 0);
    if (notes > 0) {
      say(`${notes === 1 ? "1 comment says" : `${notes} comments say`} what is different here`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    sayError(error);
    return EXIT.proctorFailed;
  }
}

async function read(file: string, { format, evaluate }: ImportFlags): Promise<Imported> {
  const { importFile, isProgram } = await import("../../supervisor/import/import_file.ts");
  if (isProgram(file)) {
    if (!evaluate) throw usageError(`${file}: it is a program; to run it with your rights, add --evaluate`);
    if (format !== undefined && format !== "pm2") {
      throw usageError("--format: a program is an ecosystem of pm2");
    }
    return (await import("../../supervisor/import/pm2.ts")).importPm2(evaluated(file), file);
  }
  if (evaluate) throw usageError(`--evaluate: ${file} is not a program`);
  let text;
  try {
    text = readTextFile(file, MOST_FILE_BYTES);
  } catch (error) {
    throw usageError(`cannot read "${file}": ${reasonOf(error)}`);
  }
  return importFile({ name: file, text, hasEnvFile: existsSync(join(dirname(file), ".env")) }, format);
}

function evaluated(file: string): unknown {
  const path = resolve(file);
  try {
    const made = createRequire(path)(path);
    return made?.default ?? made;
  } catch (error) {
    throw usageError(`${file}: it cannot be evaluated: ${String((error as Error).message).split("\n")[0]}`);
  }
}

function save(path: string, text: string): void {
  if (existsSync(path)) throw usageError(`"${path}" is there already; nothing was written`);
  try {
    createFile(path, text);
  } catch (error) {
    throw new ProctorError("system", `cannot write "${path}": ${reasonOf(error)}`);
  }
}
