import { z } from "zod";
import { quoted } from "../../core/schema/zod_issues.ts";
import { account, duration, durationOrZero, port, processId, size } from "../../config/values.ts";
import { ProctorError } from "../../core/error.ts";
import { profiles } from "../../core/measure/profile.ts";
import { parseProfile } from "../../core/schema/profile_schema.ts";
import { sentAppKeys } from "../../core/schema/app_keys.ts";
import { matching } from "../../core/schema/text_schema.ts";
import { cronPattern } from "../../config/cron_pattern.ts";
import { isTimezone } from "../../core/timezone.ts";
import { PROCESS_TYPES } from "../control.ts";
import { logCollectionSchema } from "../logs/config.ts";
import { MOST_INSTANCES } from "./instances.ts";
import { rlimitsSchema } from "./rlimits.ts";
import { healthCheckSchema, readinessCheckSchema, stopRequestSchema } from "./health_schema.ts";

/** What becomes of a process that goes beyond a limit. */
const LIMIT_POLICIES = [
  "none",
  "log",
  "alert",
  "throttle",
  "graceful_shutdown",
  "immediate_kill",
  "restart",
  "restart_adjusted",
] as const;

const retryFields = {
  max_retries: z.union([z.int().min(0), z.literal("unlimited")]).describe(
    "restarts in a row before it is given up (failed)",
  ),
  retry_delay: durationOrZero("before the first restart"),
  backoff_rate: z.number().min(1).max(100).describe("each further delay is so many times longer"),
  max_delay: durationOrZero("no delay is longer"),
  jitter: z.number().min(0).max(1).describe("share of the delay that chance adds or takes away"),
};

const retrySchema = z.strictObject({
  max_retries: retryFields.max_retries.default(10),
  retry_delay: retryFields.retry_delay.default("1s"),
  backoff_rate: retryFields.backoff_rate.default(2),
  max_delay: retryFields.max_delay.default("1m"),
  jitter: retryFields.jitter.default(0.1),
});

const weight = z.number().min(0).max(1_000);

const breakerSchema = z.strictObject({
  failures: z.number().positive().max(1_000).default(5).describe(
    "weight of failures within the window that opens it",
  ),
  window: duration("failures longer ago are forgotten").default("1m"),
  cooldown: duration("nothing is started for so long; the start after that is a trial").default("1m"),
  severity: z.strictObject({
    start: weight.default(1).describe("weight of a start that failed"),
    exit: weight.default(1).describe("of an unexpected end"),
    health: weight.default(1).describe("of a restart for its health"),
    resource: weight.default(1).describe("of a restart for a limit"),
  }).prefault({}),
});

function limit<T extends z.ZodType>(key: string, max: T) {
  return z.strictObject({
    [key]: max,
    warning_threshold: z.number().positive().max(100).optional().describe(
      "percent of the limit that only warns",
    ),
    sustained: durationOrZero("nothing is done before it was exceeded for so long").default("0s"),
    policy: z.enum(LIMIT_POLICIES).default("log").describe("what is done about it"),
    adjust_factor: z.number().gt(1).max(10).default(1.5).describe(
      "restart_adjusted: the limit of the next run is so many times higher",
    ),
    adjust_most: z.number().gt(1).max(100).default(4).describe(
      "restart_adjusted: but no more than so many times the one written here",
    ),
  });
}

const limitsSchema = z.strictObject({
  memory: limit("max", size("memory of the whole tree")).optional(),
  cpu: limit("max_percent", z.number().positive().max(1_000_000).describe("percent; 100 is one core busy"))
    .optional(),
  file_descriptors: limit("max", z.int().positive().describe("open descriptors of the whole tree"))
    .optional(),
  processes: limit("max", z.int().positive().describe("processes of the tree")).optional(),
});

/** What a started process may be to its command. */
export const CONTROL_TYPES = ["simple", "forking"] as const;

/** `control` of a process that is started. */
export const controlSchema = z.strictObject({
  type: z.enum(CONTROL_TYPES).default("simple").describe(
    "simple: what is started is the service; forking: it puts itself into the background, and pid_file names it",
  ),
  pid_file: z.string().min(1).optional().describe(
    "of type forking: the file that the service writes its PID into; relative to the configuration file",
  ),
  executable: z.string().min(1).optional().describe(
    "the program: a path, or a name to find in PATH",
  ),
  arguments: z.array(z.string()).max(10_000).default([]),
  command: z.union([z.string().min(1), z.array(z.string()).min(1)]).optional().describe(
    "instead of executable and arguments: a text, which blanks and quotes part into words, or a list of them",
  ),
  shell: z.union([z.boolean(), z.string().min(1)]).optional().describe(
    "hand the text of command to a shell as it is: true for sh, or which one",
  ),
  working_directory: z.string().min(1).optional().describe("default: that of the configuration file"),
  environment: z.record(
    // Behind a "=" may be a value, which may be secret.
    z.string().regex(/^[^=\0]+$/, {
      error: ({ input }) =>
        `${quoted(String(input).replace(/=.*$/s, "=…"))} is not a name of a variable: it may hold no "="`,
    }),
    z.string(),
  )
    .default({}).describe("variables beside those of the supervisor"),
  env_file: z.array(z.string().min(1)).default([]).describe(
    "files of NAME=value lines; environment goes before them, later ones before earlier",
  ),
  user: account.optional().describe(
    "name or number; with its groups, HOME, USER, LOGNAME and SHELL; needs the right to change to it",
  ),
  group: account.optional().describe("name or number; default: the user's own"),
  file_descriptor_limit: z.int().min(8).max(2 ** 30).optional().describe(
    "most descriptors that one process may open (RLIMIT_NOFILE)",
  ),
  umask: matching(/^0?[0-7]{3}$/, 'is not a mask; write three octal digits, such as "022"').optional()
    .describe(
      "permissions that files it makes do not get, in octal; default: that of the supervisor",
    ),
  nice: z.int().min(-20).max(19).optional().describe(
    "how it yields to others, from -20 (least) to 19; below the supervisor's own it needs the right to that",
  ),
  rlimits: rlimitsSchema.optional().describe(
    "further limits of each of its processes (getrlimit(2)), soft and hard alike; a number, or unlimited",
  ),
  start_seconds: z.number().min(0).max(86_400).default(0).describe(
    "it is running only after so long, and an end before that is a failure, even with exit code 0",
  ),
  success_exit_codes: z.array(z.int().min(1).max(255)).max(255).default([]).describe(
    "exit codes that count as success besides 0",
  ),
  start_timeout: duration("it must be ready after so long").default("30s"),
  schedule: cronPattern.optional().describe(
    "it is started at these times alone (crontab(5); of six fields the first is seconds), unless it still runs",
  ),
  timezone: z.string().refine(isTimezone, {
    error: ({ input }) =>
      `${quoted(String(input))} is not a time zone; write one such as "Europe/Berlin" or "UTC"`,
  }).optional().describe("of the schedule; default: that of the machine"),
  watch: z.strictObject({
    paths: z.array(z.string().min(1)).min(1).max(100).describe(
      "files, directories with all beneath them, and patterns: * ? […] within a name, ** for any directories; seen from the working directory",
    ),
    ignore: z.array(z.string().min(1)).max(100).default([]).describe("patterns of what is left out"),
    debounce: duration("it is restarted once nothing has changed for so long").default("500ms"),
  }).optional().describe(
    "files that it is restarted for when they change; one path or a list of them for short",
  ),
  watchdog: duration(
    "it has to send WATCHDOG=1 (sd_notify(3)) within this time, again and again, while it runs; else it is unhealthy",
  ).optional(),
  stop_signal: matching(/^SIG[A-Z0-9+]+$/, 'is not a signal; write one such as "SIGTERM"').default(
    "SIGTERM",
  ),
  graceful_timeout: durationOrZero("between the stop signal and SIGKILL").default("10s"),
  stop_request: stopRequestSchema.optional().describe(
    "asks the service to stop in its own words, before the signal",
  ),
  restart_policy: z.enum(["never", "on_failure", "always", "unless_stopped"]).default("on_failure").describe(
    "on_failure: not after exit code 0; always: also what was stopped by hand, when the supervisor starts again",
  ),
  context_aware_restart: z.strictObject({
    default: retrySchema.prefault({}),
    health_failures: z.strictObject(retryFields).partial().optional().describe(
      "where it differs from default",
    ),
    resource_violations: z.strictObject(retryFields).partial().optional().describe(
      "where it differs from default",
    ),
    startup_grace_period: durationOrZero("no limit is watched for so long after the start").default("0s"),
    sustained_violation_time: durationOrZero("sustained of limits that have none of their own").optional(),
    reset_after: duration("after so long of running in good health all counts start over").default("1m"),
  }).prefault({}),
  circuit_breaker: breakerSchema.optional().describe("none when left out"),
  storm_guard: z.strictObject({
    min_uptime: durationOrZero("a run that ends with exit code 0 before was none").default("1s"),
    max_exits: z.int().min(0).max(100_000).default(10).describe("so many in a row are put up with"),
  }).prefault({}),
  limits: limitsSchema.prefault({}),
  log_collection: logCollectionSchema.optional().describe("default: that of the supervisor"),
});

const profile = z.union([
  z.enum(Object.keys(profiles) as [keyof typeof profiles]),
  z.record(z.string(), z.unknown()),
]).superRefine((value, context) => {
  try {
    if (typeof value === "object") parseProfile(value, "monitoring_profile");
  } catch (error) {
    if (!(error instanceof ProctorError)) throw error;
    context.addIssue({ code: "custom", message: error.message.replace(/^monitoring_profile: /, "") });
  }
});

const discoverySchema = z.strictObject({
  method: z.enum(["pid_file", "process_name", "port"]).describe("how it is found"),
  pid_file: z.string().min(1).optional().describe("a file with its PID; relative to the configuration file"),
  process_name: z.string().min(1).optional().describe("the name the kernel knows it by, or its command's"),
  port: port.optional().describe("a TCP port it listens at"),
  check_interval: duration("how often to search for it").default("5s"),
}).superRefine((value, context) => {
  const { method } = value;
  if (value[method] === undefined) {
    context.addIssue({
      code: "custom",
      path: [method],
      message: `is missing: the method "${method}" needs it`,
    });
  }
});

/** One entry of `managed_processes` in canonical form. */
export const processSchema = z.strictObject({
  id: processId.describe("its name; letters, digits and . _ @ -"),
  type: z.enum(PROCESS_TYPES).default("standard_managed").describe(
    "standard_managed: started, watched, restarted, stopped; integrated_managed: the same for a service that " +
      "answers grpc.health.v1; unmanaged: found and watched, never started or stopped",
  ),
  enabled: z.boolean().default(true).describe("without it nothing starts it but a person"),
  instances: z.int().min(1).max(MOST_INSTANCES).optional().describe(
    "so many processes of this definition, with ids such as web:0; in each PROCTOR_INSTANCE is its number",
  ),
  port: port.optional().describe("its port, or that of instance 0: PROCTOR_PORT is that and its number"),
  groups: z.array(matching(/^[\w.-]{1,100}$/, "is not a name of a group; write letters, digits and . _ -"))
    .max(
      100,
    )
    .optional().describe("by which it is found: ctl restart @name"),
  profile_type: z.string().optional().describe("a label; what is done follows from the other keys"),
  metadata: z.strictObject({
    name: z.string().optional(),
    description: z.string().optional(),
    version: z.string().optional(),
    tags: z.array(z.string()).default([]),
  }).optional().describe("for people; a change of it restarts nothing"),
  depends_on: z.record(
    processId,
    z.strictObject({
      condition: z.enum(["started", "healthy", "exited_successfully"]).default("started"),
    }),
  ).default({}).describe("what has to be there before it is started; stopped after it"),
  restart_with: z.array(processId).max(100).optional().describe(
    "whenever one of these stops or is restarted, so is it: it is stopped with them, and started once they run again",
  ),
  monitoring_profile: profile.optional().describe(
    "a profile's name, or an object as in docs/monitoring.md; default: intensive with limits, standard of an unmanaged process, else long_running_daemon",
  ),
  ...sentAppKeys,
  management: z.strictObject({
    control: controlSchema.optional(),
    health_check: healthCheckSchema.optional(),
    readiness_check: readinessCheckSchema.optional().describe(
      "it is running once this succeeds; default: once health_check does, else at once",
    ),
    discovery: discoverySchema.optional().describe("of an unmanaged process"),
  }),
});

/** One entry of `managed_processes`, checked, with its defaults. */
export type ProcessConfig = z.output<typeof processSchema>;
