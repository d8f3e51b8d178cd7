import { dirname, resolve } from "node:path";
import { check, placeOf, schemaInput } from "../config/check.ts";
import { MOST_FILE_BYTES } from "../config/config_files.ts";
import { ConfigError, firstFaults } from "../config/fault.ts";
import { reasonOf } from "../io/errno_words.ts";
import type { Fault } from "../config/fault.ts";
import { locateMapping } from "../config/locate.ts";
import { isMapping, member } from "../config/located.ts";
import type { Located } from "../config/located.ts";
import { substitute } from "../config/substitute.ts";
import type { Variables } from "../config/substitute.ts";
import { usageError } from "../core/error.ts";
import { exportInputOf, namedTwice, unusedOptions, withSpecifiedNames } from "../exporters/export_options.ts";
import type { ProcessQuery } from "../monitor/discovery/process_query.ts";
import { readTextFile } from "../io/text_file.ts";
import { OTHER_KEYS, QUERY_KEYS, watchConfigSchema } from "./watch_schema.ts";
import type { TargetConfig, WatchConfig } from "./watch_schema.ts";

/** A file that was read: what it says, and its exporters' settings as they were written. */
export interface ReadConfig {
  readonly config: WatchConfig;
  readonly exports: Readonly<Record<string, unknown>>;
}

/**
 * Read and check a file.
 * @throws ConfigError with every fault: file, line, column, key, and what would be right
 * @throws ProctorError of kind `usage` when there is nothing to be read
 */
export function readWatchConfig(file: string, variables: Variables = process.env): ReadConfig {
  const faults: Fault[] = [];
  const written = locateMapping(readText(file), file, "targets", faults);
  if (written === null) throw new ConfigError(firstFaults(faults));
  const located = substitute(written, variables, faults);
  const directory = dirname(resolve(file));
  const schema = watchConfigSchema(directory);
  const config = check(schema, located, "", faults);
  const input = schemaInput(schema, located) as Record<string, unknown>;
  checkTogether(located, input, faults);
  if (!config || faults.length > 0) throw new ConfigError(firstFaults(faults));
  return { config: withPaths(config, directory), exports: exportInputOf(input, directory) };
}

function readText(file: string): string {
  try {
    return readTextFile(file, MOST_FILE_BYTES);
  } catch (error) {
    throw usageError(`${file}: ${reasonOf(error)}`);
  }
}

/** What no single value shows. @param input the file as the schema reads it */
function checkTogether(located: Located, input: Record<string, unknown>, faults: Fault[]): void {
  const targets = member(located, "targets");
  const read = Array.isArray(input.targets) ? input.targets : [];
  const seen = new Map<string, number>();
  (Array.isArray(targets?.value) ? targets.value : []).forEach((target, index) => {
    if (!isMapping(target)) return;
    const keys = [...target.value].map(([key]) => key);
    const fault = (path: string[], message: string) =>
      faults.push({ at: placeOf(target, path), key: ["targets", index, ...path].join("."), message });
    if (!QUERY_KEYS.some((key) => target.value.has(key))) {
      // A key that there is not may be one of them, misspelt.
      if (keys.every((key) => OTHER_KEYS.includes(key) || key.startsWith("x-"))) {
        fault([], `it selects nothing; write one of ${QUERY_KEYS.join(", ")}`);
      }
      return;
    }
    const data = read[index] as TargetConfig;
    const id = targetId(data);
    const line = seen.get(id);
    if (line !== undefined) {
      fault(data.id === undefined ? [] : ["id"], `the id "${id}" is taken (line ${line}); choose another`);
    }
    seen.set(id, target.at.line);
    if (typeof data.task_id === "string" && followOf(data) === "each" && !data.task_id.includes("{pid}")) {
      fault(["task_id"], 'several processes would have one name; add {pid}, or write "follow: one"');
    }
    if (isWhole(data) && data.tree === false) {
      fault(["tree"], "a container, a pod or a unit is watched as a whole; leave it out");
    }
    if (data.network && data.tree === false) {
      fault(["network"], "it is counted of a process with its descendants; leave out tree: false");
    }
    if (data.processes && data.tree === false) {
      fault(["processes"], "they need a process with its descendants; leave out tree: false");
    }
    if (data.scrape !== undefined && followOf(data) === "each") {
      fault(["scrape"], 'several processes would have one page; write "follow: one"');
    }
    if (data.app_metrics !== undefined && data.scrape === undefined) {
      fault(["app_metrics"], "nothing uses it; add scrape");
    }
    if (data.pid !== undefined && data.follow === "each") {
      fault(["follow"], "there is but one process with this ID; leave it out");
    }
  });
  if (!isMapping(located)) return;
  for (const [key, needed] of unusedOptions(located.value)) {
    faults.push({ at: located.value.get(key)!.at, key, message: `nothing uses it; add ${needed}` });
  }
  for (const [key, message] of namedTwice((name) => located.value.has(name))) {
    faults.push({ at: located.value.get(key)!.at, key, message });
  }
  const records = member(located, "records");
  for (const key of ["records_max_size", "records_keep", "records_gzip"]) {
    const entry = located.value.get(key);
    if (!entry) continue;
    const needed = !records || records.value === "-"
      ? "records with a file"
      : !located.value.has("records_max_size")
      ? "records_max_size"
      : undefined;
    if (needed) faults.push({ at: entry.at, key, message: `nothing uses it; add ${needed}` });
  }
}

/** How a target follows when it does not say. */
export function followOf(target: Partial<TargetConfig>): "each" | "one" {
  const isOne = target.pid !== undefined || target.pid_file !== undefined || isWhole(target);
  return target.follow ?? (isOne ? "one" : "each");
}

/** Whether a target is a container, a pod or a unit as a whole: it asks for nothing else. */
export function isWhole(target: Partial<TargetConfig>): boolean {
  const asked = QUERY_KEYS.filter((key) => target[key] !== undefined);
  return asked.length > 0 && asked.every((key) => ["container", "pod", "unit"].includes(key));
}

/** What a target looks for. */
export function queryOf(target: Partial<TargetConfig>): ProcessQuery {
  const { pid, pid_file: pidFile, name, command_line, user, cgroup, container, pod, unit, port } = target;
  const commandLine = command_line === undefined ? undefined : new RegExp(command_line);
  return { pid, pidFile, name, commandLine, user, cgroup, container, pod, unit, port };
}

/** The id of a target: its own, or what it looks for. */
export function targetId(target: Partial<TargetConfig>): string {
  const { id, name, pid_file, cgroup, container, pod, unit, port, pid, command_line, user } = target;
  const last = (text: string) => text.replace(/\/+$/, "").split("/").at(-1) ?? "";
  const found = id ?? name ?? container ?? pod ??
    (unit !== undefined ? last(unit).replace(/\.service$/, "") : undefined) ??
    (pid_file !== undefined ? last(pid_file).replace(/\.pid$/, "") : undefined) ??
    (cgroup !== undefined ? last(cgroup).replace(/\.(service|scope|slice)$/, "") : undefined) ??
    (port !== undefined ? `port-${port}` : undefined) ??
    (pid !== undefined ? `pid-${pid}` : undefined) ??
    command_line ?? (user !== undefined ? `user-${user}` : undefined) ?? "";
  return id ??
    (String(found).replace(/[^\p{L}\p{N}._:@-]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 100) || "all");
}

function withPaths(config: WatchConfig, directory: string): WatchConfig {
  const { records } = config;
  return {
    ...withSpecifiedNames(config),
    records: records === undefined || records === "-" ? records : resolve(directory, records),
    targets: config.targets.map((target) => ({
      ...target,
      pid_file: target.pid_file === undefined ? undefined : resolve(directory, target.pid_file),
    })),
  };
}
