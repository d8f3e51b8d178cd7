import { resolve } from "node:path";
import { z } from "zod";
import { account, expression, port } from "../config/values.ts";
import { parseDuration } from "../core/duration.ts";
import { ProctorError, usageError } from "../core/error.ts";
import { profiles } from "../core/measure/profile.ts";
import { parseProfile } from "../core/schema/profile_schema.ts";
import { appKeys } from "../core/schema/app_keys.ts";
import { matching, parsed } from "../core/schema/text_schema.ts";
import { parseSize } from "../core/size.ts";
import { exportSettingsSchema } from "../exporters/settings.ts";
import { readJson } from "../io/read_json.ts";
import { MOST_KEPT } from "../io/rotation.ts";
import { linearPattern } from "../monitor/discovery/linear_pattern.ts";
import { CONTAINER, CONTAINER_WORDS, POD, POD_WORDS, UNIT, UNIT_WORDS } from "./workload_words.ts";
import { TASK_ID_FIELDS } from "./watch_target.ts";

const duration = parsed(parseDuration);
const size = parsed(parseSize);
const durationOrOff = parsed((text, where) => text === "off" ? text : parseDuration(text, where));
const path = z.string().min(1);

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

const container = matching(CONTAINER, CONTAINER_WORDS);
const pod = matching(POD, POD_WORDS);
const unit = matching(UNIT, UNIT_WORDS);

const taskId = z.string().min(1).superRefine((text, context) => {
  for (const [, field] of text.matchAll(/\{([^}]*)\}/g)) {
    if (TASK_ID_FIELDS.includes(field)) continue;
    const message = `"{${field}}" is unknown; there are {${TASK_ID_FIELDS.join("}, {")}}`;
    context.addIssue({ code: "custom", message });
  }
});

/** What of a target looks for processes. */
export const QUERY_KEYS = [
  "pid",
  "pid_file",
  "name",
  "command_line",
  "user",
  "cgroup",
  "container",
  "pod",
  "unit",
  "port",
] as const;

/** What else a target has. */
export const OTHER_KEYS: readonly string[] = [
  "id",
  "profile",
  "interval",
  "tree",
  "network",
  "processes",
  "follow",
  "task_id",
  "scrape",
  "app_metrics",
];

function targetSchema(directory: string) {
  return z.strictObject({
    id: matching(TARGET_ID, "is not an id; it is one word without / + # { and }").optional().describe(
      "names the target; default: what it selects",
    ),
    pid: z.int().min(1).optional().describe("the process ID"),
    pid_file: path.optional().describe("a file whose first line is the process ID"),
    name: z.string().min(1).optional().describe("the name, as ps shows it"),
    command_line: expression((text) => linearPattern(new RegExp(text), "")).optional().describe(
      "a regular expression: what the arguments contain",
    ),
    user: account.optional().describe("the effective user, name or number"),
    cgroup: path.optional().describe("the cgroup, or one above it"),
    container: container.optional().describe("the container: its name, or the beginning of its ID"),
    pod: pod.optional().describe("the pod: its name, NAMESPACE/NAME, or its UID"),
    unit: unit.optional().describe("the unit of systemd"),
    port: port.optional().describe("a local port, TCP or UDP"),
    profile: profile(directory).optional().describe("a profile by name, a JSON file, or written out"),
    interval: duration.optional().describe("time between messages, over the profile's"),
    tree: z.boolean().default(true).describe("whether descendants belong to the process"),
    network: z.boolean().optional().describe(
      "whether what its sockets receive and send is counted; needs the tree",
    ),
    processes: z.boolean().optional().describe(
      "whether every process of it is reported, however short its life; needs the tree",
    ),
    follow: z.enum(["each", "one"]).optional().describe(
      "each: every process is a task; one: a task goes on with the next process",
    ),
    task_id: taskId.optional().describe("what the task is called"),
    ...appKeys,
  });
}

/** The schema of a file; relative paths in it are seen from a directory. */
export function watchConfigSchema(directory: string) {
  const { task_id: _, otlp_processes: __, ...exportShape } = exportSettingsSchema.shape;
  return z.strictObject({
    targets: z.array(targetSchema(directory)).min(1).describe("what is watched"),
    profile: profile(directory).optional().describe(
      "of targets that have none of their own; default: standard",
    ),
    interval: duration.optional().describe("of targets that have none of their own"),
    discover_interval: duration.default(1_000).describe("how often to search for processes"),
    health_interval: durationOrOff.default(10_000).describe(
      "how often the agent reports on itself and the host",
    ),
    records: path.optional().describe("a file for messages as JSON lines, added to; - is standard output"),
    records_max_size: size.optional().describe("rotate the file before it is larger"),
    records_keep: z.int().min(0).max(MOST_KEPT).optional().describe("old files that stay"),
    records_gzip: z.boolean().optional().describe("whether old files are compressed"),
    ...exportShape,
  });
}

/** One target of a file, checked. */
export type TargetConfig = z.output<ReturnType<typeof targetSchema>>;
/** A file, checked. */
export type WatchConfig = z.output<ReturnType<typeof watchConfigSchema>>;
