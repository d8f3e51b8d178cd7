import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { ProctorError } from "../../core/error.ts";
import type { LogCollectionConfig, SupervisorLogConfig } from "./config.ts";
import { PathOwners } from "./path_owners.ts";
import { planOf, targetsOf } from "./resolve.ts";
import type { LogTarget } from "./resolve.ts";
import { troubleWith } from "./write_trouble.ts";

/** A process, and its own `log_collection` where it has one. */
export interface Logged {
  readonly id: string;
  readonly logCollection?: LogCollectionConfig | null;
  /** It has opened its files already: they need no trial, and another process that wants one of them is at fault. */
  readonly isOpen?: boolean;
}

/**
 * Why the logs of some processes could not be opened, before any is: each where two would write one file, where none
 * can go, or where we may not write.
 * @param directory of the logs where the configuration names none
 * @returns a sentence each, and whose fault it is; null: that of all together
 */
export function logFaults(
  config: SupervisorLogConfig | null | undefined,
  processes: readonly Logged[],
  directory: string,
): { id: string | null; message: string }[] {
  if (config?.enabled === false) return [];
  const base = config?.directory ?? directory;
  const owners = new PathOwners(true);
  const faults: { id: string | null; message: string }[] = [];
  const look = (id: string | null, targets: readonly LogTarget[], isOpen = false) => {
    const owner = id ?? "global_aggregation";
    const paths = targets.flatMap((target) => target.type === "file" ? [target.path] : []);
    try {
      owners.claim(owner, paths);
      if (isOpen) return;
      // The state directory is checked elsewhere; the user who checks a file need not be the one who may use it.
      for (const path of paths) if (!path.startsWith(`${directory}/`)) demandWritable(owner, path);
    } catch (error) {
      if (!(error instanceof ProctorError)) throw error;
      faults.push({ id, message: error.message.replace(`${owner}: log_collection: `, "") });
    }
  };
  const all = config?.global_aggregation;
  if (all?.enabled) look(null, targetsOf(all.targets, ["stdout", "stderr"], base));
  const isOpen = (one: Logged) => one.isOpen ?? false;
  for (const one of [...processes.filter(isOpen), ...processes.filter((one) => !isOpen(one))]) {
    const { id, logCollection } = one;
    const plan = planOf(logCollection ?? config?.default, id, base);
    if (plan.isEnabled) look(id, plan.targets, isOpen(one));
  }
  return faults;
}

/** What is there can be written, or else made in the lowest directory that is there. */
function demandWritable(owner: string, path: string): void {
  let at = path;
  while (statSync(at, { throwIfNoEntry: false }) === undefined && dirname(at) !== at) at = dirname(at);
  try {
    if (at !== path && !statSync(at).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    accessSync(at, at === path ? constants.W_OK : constants.W_OK | constants.X_OK);
  } catch (error) {
    throw troubleWith(owner, Object.assign(error as Error, { path }));
  }
}
