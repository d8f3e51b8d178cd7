import { statSync } from "node:fs";
import { commandFaults } from "../group/command_fault.ts";
import type { CommandFault } from "../group/command_fault.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { Platform } from "../platform/mod.ts";
import type { TryFault, TryOut } from "./config/try_out.ts";
import type { Definition, LaunchRule } from "./definition.ts";

/**
 * Try whatever of the processes of a configuration may fail when they are launched, and change nothing: users,
 * commands, directories. A command that something before it may have to make first is not asked for.
 * @param isInForce whether a definition is in force already, so that nothing of it has to be tried
 */
export async function preflight(isInForce: (definition: Definition) => boolean): Promise<TryOut> {
  const [{ findAccount }, commandFault] = await Promise.all([loadPlatform(), commandFaults()]);
  return (definitions) => {
    const faults: TryFault[] = [];
    for (const one of definitions) {
      const { id, launch, enabled } = one;
      if (!launch || !enabled || isInForce(one)) continue;
      tryLaunch(one, launch, { findAccount, commandFault }, (key, message) => {
        faults.push({ id, path: ["management", "control", key], message });
      });
    }
    return faults;
  };
}

interface Lookups {
  readonly findAccount: Platform["findAccount"];
  readonly commandFault: CommandFault;
}

function tryLaunch(
  { dependsOn }: Definition,
  launch: LaunchRule,
  { findAccount, commandFault }: Lookups,
  add: (key: string, message: string) => void,
): void {
  const { command, workingDirectory: cwd, environment: env, user, group } = launch;
  if (user !== null) {
    const fault = accountFault(findAccount, user, group);
    if (fault !== null) add("user", fault);
  }
  // A one-shot before it may have to make what it needs.
  if ([...dependsOn.values()].includes("exited_successfully")) return;
  const found = statSync(cwd, { throwIfNoEntry: false });
  if (!found?.isDirectory()) {
    return add(
      "working_directory",
      `"${cwd}": ${found ? "it is not a directory" : "there is no such directory"}`,
    );
  }
  const fault = commandFault({ command, cwd, env });
  if (fault !== null) add("executable", fault);
}

/** Why no process can run as this user; null when one can, as far as the user database tells. */
function accountFault(
  findAccount: Platform["findAccount"],
  user: string | number,
  group: string | number | null,
): string | null {
  try {
    const account = findAccount(user, group);
    return typeof account === "string" ? account : null;
  } catch (error) {
    return (error as Error).message;
  }
}
