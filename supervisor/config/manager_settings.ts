import { resolve } from "node:path";
import { schemaInput } from "../../config/check.ts";
import type { Fault } from "../../config/fault.ts";
import { isMapping } from "../../config/located.ts";
import type { Located } from "../../config/located.ts";
import {
  exportInputOf,
  namedTwice,
  unusedOptions,
  withSpecifiedNames,
} from "../../exporters/export_options.ts";
import { configSchema } from "./schema.ts";
import type { ManagerConfig } from "./schema.ts";

/** Those keys that are of the exporters. */
export function exportsOf(
  manager: Located | undefined,
  directory: string,
  faults: Fault[],
): Record<string, unknown> {
  if (!manager || !isMapping(manager)) return {};
  for (const [name, needed] of unusedOptions(manager.value)) {
    const { at } = manager.value.get(name)!;
    faults.push({ at, key: `process_manager.${name}`, message: `nothing uses it; add ${needed}` });
  }
  for (const [name, message] of namedTwice((key) => manager.value.has(key))) {
    faults.push({ at: manager.value.get(name)!.at, key: `process_manager.${name}`, message });
  }
  const input = schemaInput(configSchema.shape.process_manager, manager);
  return exportInputOf(input as Record<string, unknown>, directory);
}

/** The directory of the logs is seen from the file. */
export function withWholeDirectory<T extends { directory?: string }>(logs: T, directory: string): T {
  return logs.directory === undefined ? logs : { ...logs, directory: resolve(directory, logs.directory) };
}

/** Its paths are seen from the file. */
export function withWholePaths(manager: ManagerConfig, directory: string): ManagerConfig {
  const { base_directory: base, token_file: token, web } = manager;
  return {
    ...withSpecifiedNames(manager),
    base_directory: base === undefined ? undefined : resolve(directory, base),
    token_file: token === undefined ? undefined : resolve(directory, token),
    web: web && "path" in web ? { path: resolve(directory, web.path) } : web,
  };
}
