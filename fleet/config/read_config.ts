import { dirname, resolve } from "node:path";
import { check } from "../../config/check.ts";
import { MOST_FILE_BYTES } from "../../config/config_files.ts";
import { ConfigError, firstFaults } from "../../config/fault.ts";
import type { Fault } from "../../config/fault.ts";
import { locateMapping } from "../../config/locate.ts";
import { substitute } from "../../config/substitute.ts";
import type { Variables } from "../../config/substitute.ts";
import { usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readTextFile } from "../../io/text_file.ts";
import { isDatabase, managerConfigSchema } from "./manager_schema.ts";
import type { ManagerConfig } from "./manager_schema.ts";

/** Keys whose values are files, seen from the directory of the configuration. */
const FILES = [
  "mqtt_ca",
  "mqtt_cert",
  "mqtt_key",
  "mqtt_password_file",
  "store",
  "store_password_file",
  "state_dir",
  "http_cert",
  "http_key",
] as const;

/**
 * Read and check a manager's file.
 * @throws ConfigError with every fault: file, line, column, key, and what would be right
 * @throws ProctorError of kind `usage` when there is nothing to be read
 */
export function readManagerConfig(file: string, variables: Variables = process.env): ManagerConfig {
  const faults: Fault[] = [];
  const written = locateMapping(readText(file), file, "mqtt", faults);
  if (written === null) throw new ConfigError(firstFaults(faults));
  const config = check(managerConfigSchema, substitute(written, variables, faults), "", faults);
  if (!config || faults.length > 0) throw new ConfigError(firstFaults(faults));
  const directory = dirname(resolve(file));
  const resolved = { ...config };
  for (const key of FILES) {
    const value = config[key];
    if (value !== undefined && !(key === "store" && isDatabase(value))) {
      resolved[key] = resolve(directory, value);
    }
  }
  resolved.forward = config.forward.map((one) => ({
    ...one,
    ...one.password_file !== undefined && { password_file: resolve(directory, one.password_file) },
    ...one.token_file !== undefined && { token_file: resolve(directory, one.token_file) },
  }));
  resolved.oidc = config.oidc.map((provider) => ({
    ...provider,
    ...(provider.client_secret_file !== undefined && {
      client_secret_file: resolve(directory, provider.client_secret_file),
    }),
  }));
  return resolved;
}

function readText(file: string): string {
  try {
    return readTextFile(file, MOST_FILE_BYTES);
  } catch (error) {
    throw usageError(`${file}: ${reasonOf(error)}`);
  }
}
