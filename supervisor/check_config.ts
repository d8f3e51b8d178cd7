import { dirname, join, resolve } from "node:path";
import { defaultBaseDirectory, lockHolder } from "../platform/mod.ts";
import { loadConfig } from "./config/load.ts";
import { loadEntry } from "./config/load_entry.ts";
import type { LoadedConfig, LoadOptions } from "./config/load.ts";
import type { Definition } from "./definition.ts";
import { AddedProcesses } from "./kept/added_processes.ts";
import { LOCK_NAME } from "./kept/file_names.ts";
import { readLimitSupport } from "./limits/limit_support.ts";
import { preflight } from "./preflight.ts";

/**
 * Read a configuration, and try all of it that can be tried, as a start would, and a reload of the supervisor that has
 * the state directory now.
 * @throws ConfigError with all faults
 */
export async function checkConfig(file: string, stateDirectory?: string): Promise<LoadedConfig> {
  const options: LoadOptions = {
    support: await readLimitSupport(),
    stateDirectory,
    tryOut: await preflight(() => false),
  };
  const config = loadConfig(file, options);
  const base = resolve(stateDirectory ?? config.manager.base_directory ?? defaultBaseDirectory());
  const others = addedToLiving(base, file, config.definitions, options);
  return others.length === 0 ? config : loadConfig(file, { ...options, others });
}

/** What was added at run time to the supervisor that has a state directory; empty where none has. */
function addedToLiving(
  base: string,
  file: string,
  definitions: readonly Definition[],
  options: LoadOptions,
): Definition[] {
  if (lockHolder(join(base, LOCK_NAME)) === null) return [];
  const made: Definition[] = [];
  try {
    for (const [, entry] of new AddedProcesses({ base }).all) {
      made.push(loadEntry(entry, dirname(resolve(file)), [...definitions, ...made], options));
    }
  } catch { /* It is told when it is started. */ }
  return made;
}
