import { resolve } from "node:path";
import { EXIT, ProctorError, usageError } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { printOut, say } from "../../io/terminal/output.ts";
import { loadPlatform, loadServices } from "../../platform/mod.ts";
import type { Services } from "../../platform/mod.ts";
import { isBaseDirectory } from "../../supervisor/kept/file_names.ts";
import { ownProgram } from "../own_program.ts";
import { OwnFile } from "./own_file.ts";
import type { RunFlags } from "./run_supervisor.ts";
import type { Source } from "./source.ts";
import { AS_SERVICE } from "./up.ts";

const DEFAULT_NAME = "proctor";
/** What the system's own programs take without quotes, too. */
const NAME = /^[A-Za-z0-9][\w.-]{0,79}$/;

interface ServiceFlags extends RunFlags {
  config?: string;
}

/**
 * Have the system run a configuration as a service, from the next start of the machine on.
 * @param given its name, or that none is given
 */
export async function installService(
  given: string | true,
  source: Source,
  flags: ServiceFlags,
): Promise<number> {
  const option = "--install-service";
  const services = await servicesFor(option);
  const name = nameOf(option, given);
  if (source.configFile === undefined) {
    throw usageError(
      `${option}: a service runs a configuration; name it with --config, and leave the command out`,
    );
  }
  refuseOthers(option, flags, ["config", "stateDir", "installService"]);
  const config = resolve(source.configFile);
  const directory = resolve(flags.stateDir ?? services.directoryOf(name));
  const { checkConfig } = await import("../../supervisor/check_config.ts");
  await checkConfig(config, directory);
  const [program, ...options] = ownProgram(await loadPlatform());
  if (options.length > 0) {
    throw usageError(`${option}: the program proctor can be one, and no sources that a runtime runs`);
  }
  const missing = services.install({
    name,
    description: `Processes kept running by proctor, as ${config} says`,
    command: [program, "supervise", "--config", config, "--state-dir", directory, AS_SERVICE, name],
    directory,
    isOurs: isBaseDirectory,
  });
  for (const sentence of missing) say(sentence);
  printOut(
    `the service ${name} runs ${
      printable(config)
    } from the next start of the machine on; net start ${name} starts it now\n` +
      `its state and supervisor.log are in ${printable(directory)}; ` +
      `proctor ctl --state-dir "${printable(directory)}" status asks it\n`,
  );
  return 0;
}

/** Stop a service, and have the system forget it; its state stays. */
export async function removeService(
  given: string | true,
  words: readonly string[],
  flags: ServiceFlags,
): Promise<number> {
  const option = "--remove-service";
  const services = await servicesFor(option);
  const name = nameOf(option, given);
  if (words.length > 0) throw usageError(`${option}: it takes the name of a service and nothing else`);
  refuseOthers(option, flags, ["removeService"]);
  await services.remove(name, [AS_SERVICE, name]);
  printOut(`the service ${name} is removed; its state and its logs are left where they are\n`);
  return 0;
}

/** Be the service that the system has started; what goes wrong is told in its own log, as nobody sees anything else. */
export async function runAsService(name: string, flags: ServiceFlags): Promise<number> {
  const services = await servicesFor(AS_SERVICE);
  if (flags.config === undefined || flags.stateDir === undefined) {
    throw usageError(`${AS_SERVICE}: --install-service writes the words that belong to it`);
  }
  const service = await services.enter(name);
  const exitCode = await runLogged({ configFile: flags.config }, flags.stateDir, async (source) => {
    const { runSupervisor } = await import("./run_supervisor.ts");
    return await runSupervisor(source, { ...flags, inBackground: true }, service);
  });
  service.hasEnded(exitCode);
  return exitCode;
}

async function runLogged(
  source: Source,
  directory: string,
  run: (source: Source) => Promise<number>,
): Promise<number> {
  try {
    return await run(source);
  } catch (error) {
    const log = new OwnFile(directory);
    const isTold = error instanceof ProctorError;
    for (const line of isTold ? error.lines : [`internal error, please report it: ${error}`]) {
      log.lines("error", printable(line));
    }
    await log.close();
    return isTold ? error.exitCode : EXIT.proctorFailed;
  }
}

async function servicesFor(option: string): Promise<Services> {
  const services = await loadServices();
  if (typeof services !== "string") return services;
  throw usageError(`${option}: ${services}`);
}

function nameOf(option: string, given: string | true): string {
  if (given === true) return DEFAULT_NAME;
  if (NAME.test(given)) return given;
  throw usageError(
    `${option}: "${given}" cannot be the name of a service: letters, digits, dots, dashes and underscores, at most 80`,
  );
}

/** The words of a service stand where only administrators see and change them: all else is the configuration's. */
function refuseOthers(option: string, flags: object, allowed: readonly string[]): void {
  const other = Object.keys(flags).find((key) => !allowed.includes(key));
  if (other === undefined) return;
  const written = `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw usageError(
    `${option}: ${written} cannot stand beside it; what a service does its configuration says`,
  );
}
