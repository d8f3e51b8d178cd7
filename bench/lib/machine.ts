import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { proctorBinary } from "./binary.ts";
import { runScript, RUNTIMES } from "./runtimes.ts";

/** Where and with what the figures were taken. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string | null>>;
}

/** The first version number a command prints; null when it is not installed. */
function version(command: readonly string[]): string | null {
  try {
    const output = execFileSync(command[0], command.slice(1), {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return /\d+(\.\d+)+/.exec(output)?.[0] ?? null;
  } catch {
    return null;
  }
}

/** Describe this machine and the versions of all that is compared. */
export function readMachine(): Machine {
  const versions: Record<string, string | null> = { proctor: version([proctorBinary(), "--version"]) };
  for (const name of RUNTIMES) versions[name] = version([runScript(name, "")[0], "--version"]);
  versions.gcc = version(["gcc", "-dumpfullversion"]);
  versions.psutil = version(["/usr/bin/python3", "-c", "import psutil; print(psutil.__version__)"]);
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    versions,
  };
}
