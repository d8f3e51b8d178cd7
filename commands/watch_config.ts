import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { parseDuration } from "../core/duration.ts";
import { ProctorError, usageError } from "../core/error.ts";
import { profiles } from "../core/profile.ts";
import { parseProfile } from "../core/profile_schema.ts";
import { parseSize } from "../core/size.ts";
import { exportSettingsSchema } from "../exporters/settings.ts";
import { TASK_ID_FIELDS } from "../monitor/watch_target.ts";
import { check, placeOf } from "../supervisor/config/check.ts";
import { ConfigError } from "../supervisor/config/fault.ts";
import type { Fault } from "../supervisor/config/fault.ts";
import { isMapping, locate, member, plainData } from "../supervisor/config/located.ts";
import type { Located } from "../supervisor/config/located.ts";
import { substitute } from "../supervisor/config/substitute.ts";
import type { Variables } from "../supervisor/config/substitute.ts";
import { readJson } from "./read_json.ts";

/** A value that one of our parsers reads; its error becomes the issue. */
function parsed<T>(parse: (text: string) => T) {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ProctorError)) throw error;
      context.addIssue({ code: "custom", message: error.message.replace(/^value: /, "") });
      return z.NEVER;
    }
  });
}

const duration = parsed((text) => parseDuration(text, "value"));
const size = parsed((text) => parseSize(text, "value"));
const path = z.string().min(1);

const expression = z.string().min(1).superRefine((text, context) => {
  try {
    new RegExp(text);
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, "");
    context.addIssue({ code: "custom", message: `is no regular expression: ${reason}` });
  }
});

/** A profile by its name, from a JSON file (relative to `directory`), or written out. */
function profile(directory: string) {
  return z.union([z.string(), z.record(z.string(), z.unknown())], "it is a name, a file or a mapping")
    .transform((input, context) => {
      try {
        if (typeof input !== "string") return parseProfile(input, "value");
        if (Object.hasOwn(profiles, input)) return profiles[input as keyof typeof profiles];
        if (/[./]/.test(input)) return parseProfile(readJson(resolve(directory, input), "value"), "value");
        throw usageError(`there is no profile "${input}"; there are ${Object.keys(profiles).join(", ")}`);
      } catch (error) {
        if (!(error instanceof ProctorError)) throw error;
        context.addIssue({ code: "custom", message: error.message.replace(/^value: /, "") });
        return z.NEVER;
      }
    });
}

const TARGET_ID = /^[^\s/+#{}\p{Cc}]{1,100}$/u;

const taskId = z.string().min(1).superRefine((text, context) => {
  for (const [, field] of text.matchAll(/\{([^}]*)\}/g)) {
    if (TASK_ID_FIELDS.includes(field)) continue;
    const message = `"{${field}}" is unknown; there are {${TASK_ID_FIELDS.join("}, {")}}`;
    context.addIssue({ code: "custom", message });
  }
});

/** What of a target looks for processes. */
export const QUERY_KEYS = ["pid", "pid_file", "name", "command_line", "user", "cgroup", "port"] as const;

const OTHER_KEYS: readonly string[] = ["id", "profile", "interval", "tree", "follow", "task_id"];

function targetSchema(directory: string) {
  return z.strictObject({
    id: z.string().regex(TARGET_ID, "is no id; it is one word without / + # { and }").optional().describe(
      "names the target; default: what it looks for",
    ),
    pid: z.int().min(1).optional().describe("the process ID"),
    pid_file: path.optional().describe("a file whose first line is the process ID"),
    name: z.string().min(1).optional().describe("the name, as ps shows it"),
    command_line: expression.optional().describe("a regular expression: what the arguments contain"),
    user: z.union([z.string().min(1), z.int().min(0)]).optional().describe(
      "the effective user, name or number",
    ),
    cgroup: path.optional().describe("the cgroup, or one above it"),
    port: z.int().min(1).max(65_535).optional().describe("a local port, TCP or UDP"),
    profile: profile(directory).optional().describe("a profile by name, a JSON file, or written out"),
    interval: duration.optional().describe("time between messages, over the profile's"),
    tree: z.boolean().default(true).describe("whether descendants belong to the process"),
    follow: z.enum(["each", "one"]).optional().describe(
      "each: every process is a task; one: a task goes on with the next process",
    ),
    task_id: taskId.optional().describe("what the task is called"),
  });
}

/** The schema of a file; relative paths in it are seen from a directory. */
export function watchConfigSchema(directory: string) {
  const { task_id: _, ...exportShape } = exportSettingsSchema.shape;
  return z.strictObject({
    targets: z.array(targetSchema(directory)).min(1).describe("what is watched"),
    profile: profile(directory).optional().describe(
      "of targets that have none of their own; default: standard",
    ),
    interval: duration.optional().describe("of targets that have none of their own"),
    discover_interval: duration.default(1_000).describe("how often processes are looked for"),
    health_interval: z.union([z.literal("off"), duration]).default(10_000).describe(
      "how often the agent tells of itself and the host",
    ),
    records: path.optional().describe("a file for messages as JSON lines, added to; - is standard output"),
    records_max_size: size.optional().describe("begin the file anew before it is larger"),
    records_keep: z.int().min(0).max(10_000).optional().describe("old files that stay"),
    records_gzip: z.boolean().optional().describe("whether old files are compressed"),
    ...exportShape,
  });
}

/** One target of a file, checked. */
export type TargetConfig = z.output<ReturnType<typeof targetSchema>>;
/** A file, checked. */
export type WatchConfig = z.output<ReturnType<typeof watchConfigSchema>>;

/** Keys that name files of the exporters. */
const EXPORT_FILES = [
  "mqtt_ca",
  "mqtt_cert",
  "mqtt_key",
  "mqtt_password_file",
  "mqtt_queue_dir",
  "prometheus_textfile",
] as const;
const EXPORT_SWITCHES = ["mqtt", "prometheus", "prometheus_textfile", "otlp"];

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
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT"
      ? "there is no such file"
      : code === "EISDIR"
      ? "it is a directory"
      : `it cannot be read (${code})`;
    throw usageError(`${file}: ${why}; name a configuration file`);
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
    const needed = EXPORT_SWITCHES.find((name) =>
      key.startsWith(`${name}_`) && !EXPORT_SWITCHES.includes(key)
    );
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
