import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { usageError } from "../core/error.ts";
import { EXPORT_FILES, switchOf } from "../exporters/export_options.ts";
import { exportSettingsSchema } from "../exporters/settings.ts";
import { check, placeOf } from "../supervisor/config/check.ts";
import { ConfigError, whyUnread } from "../supervisor/config/fault.ts";
import type { Fault } from "../supervisor/config/fault.ts";
import { isMapping, locate, member, plainData } from "../supervisor/config/located.ts";
import type { Located } from "../supervisor/config/located.ts";
import { substitute } from "../supervisor/config/substitute.ts";
import type { Variables } from "../supervisor/config/substitute.ts";
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
  const text = readText(file);
  const written = locate(text, file, faults);
  if (written === null && faults.length === 0) {
    throw usageError(`${file}: the file is empty; it needs targets`);
  }
  const located = written && substitute(written, variables, faults);
  const directory = dirname(resolve(file));
  const config = located && isMapping(located)
    ? check(watchConfigSchema(directory), located, "", faults)
    : null;
  if (located && !isMapping(located)) {
    faults.push({ at: located.at, key: "", message: "it is no mapping; it begins with targets:" });
  }
  if (located) checkTogether(located, faults);
  if (!config || faults.length > 0) throw new ConfigError(faults.sort(byPlace));
  return { config: withPaths(config, directory), exports: exportsOf(located!, directory) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw usageError(`${file}: ${whyUnread(error)}`);
  }
}

/** What no single value shows. */
function checkTogether(located: Located, faults: Fault[]): void {
  const targets = member(located, "targets");
  const seen = new Map<string, number>();
  (Array.isArray(targets?.value) ? targets.value : []).forEach((target, index) => {
    if (!isMapping(target)) return;
    const fault = (path: string[], message: string) =>
      faults.push({ at: placeOf(target, path), key: ["targets", index, ...path].join("."), message });
    if (!QUERY_KEYS.some((key) => target.value.has(key))) {
      // A key that there is not may be one of them, misspelt.
      if ([...target.value.keys()].every((key) => OTHER_KEYS.includes(String(key)))) {
        fault([], `it looks for nothing; write one of ${QUERY_KEYS.join(", ")}`);
      }
      return;
    }
    const data = plainData(target) as TargetConfig;
    const id = targetId(data);
    const line = seen.get(id);
    if (line !== undefined) {
      fault(data.id === undefined ? [] : ["id"], `the id "${id}" is taken (line ${line}); choose another`);
    }
    seen.set(id, target.at.line);
    if (typeof data.task_id === "string" && followOf(data) === "each" && !data.task_id.includes("{pid}")) {
      fault(["task_id"], 'several processes would have one name; add {pid}, or write "follow: one"');
    }
    if (data.pid !== undefined && data.follow === "each") {
      fault(["follow"], "there is but one process with this ID; leave it out");
    }
  });
  if (!isMapping(located)) return;
  for (const [key, { at }] of located.value) {
    const needed = switchOf(key);
    if (needed && !located.value.has(needed)) {
      faults.push({ at, key, message: `nothing uses it; add ${needed}` });
    }
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
export function followOf(target: Partial<Pick<TargetConfig, "follow" | "pid" | "pid_file">>): "each" | "one" {
  return target.follow ?? (target.pid !== undefined || target.pid_file !== undefined ? "one" : "each");
}

/** The id of a target: its own, or what it looks for. */
export function targetId(target: Partial<TargetConfig>): string {
  const { id, name, pid_file, cgroup, port, pid, command_line, user } = target;
  const last = (text: string) => text.replace(/\/+$/, "").split("/").at(-1) ?? "";
  const found = id ?? name ??
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
    ...config,
    records: records === undefined || records === "-" ? records : resolve(directory, records),
    targets: config.targets.map((target) => ({
      ...target,
      pid_file: target.pid_file === undefined ? undefined : resolve(directory, target.pid_file),
    })),
  };
}

function exportsOf(located: Located, directory: string): Record<string, unknown> {
  const data = plainData(located) as Record<string, unknown>;
  const keys = Object.keys(exportSettingsSchema.shape);
  const exports = Object.fromEntries(Object.entries(data).filter(([key]) => keys.includes(key)));
  for (const key of EXPORT_FILES) {
    const file = exports[key];
    if (typeof file === "string" && !isAbsolute(file)) exports[key] = resolve(directory, file);
  }
  return exports;
}

function byPlace(a: Fault, b: Fault): number {
  return a.at.line - b.at.line || a.at.column - b.at.column;
}
