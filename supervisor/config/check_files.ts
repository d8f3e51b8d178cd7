import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import type { ProcessConfig } from "./process_schema.ts";

/** Certificates that the checks of an entry name. */
const PATHS: readonly (readonly string[])[] = [
  ["health_check", "http", "tls"],
  ["health_check", "grpc"],
  ["readiness_check", "http", "tls"],
  ["readiness_check", "grpc"],
  ["control", "stop_request", "http", "tls"],
  ["control", "stop_request", "grpc"],
];

/**
 * The same with every `ca_file` seen from a directory.
 * @param onFault called with the path of each that cannot be read, from `management` on, and why
 */
export function withCaFiles(
  management: ProcessConfig["management"],
  directory: string,
  onFault: (path: string[], message: string) => void,
): ProcessConfig["management"] {
  const copy = structuredClone(management);
  for (const path of PATHS) {
    let holder = copy as Record<string, unknown> | undefined;
    for (const word of path) holder = holder?.[word] as typeof holder;
    if (typeof holder?.ca_file !== "string") continue;
    const name = holder.ca_file;
    holder.ca_file = resolve(directory, name);
    const why = obstacle(resolve(directory, name));
    if (why !== null) onFault(["management", ...path, "ca_file"], `"${name}": ${why}`);
  }
  return copy;
}

function obstacle(path: string): string | null {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile() ? null : "it is not a regular file; name a PEM file";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? "there is no such file; name the PEM file of the authority that is trusted"
      : "it cannot be read";
  }
}
