import { createHash } from "node:crypto";
import { isAbsolute, relative, resolve } from "node:path";
import { parseDuration } from "../../core/duration.ts";
import { parseSize } from "../../core/size.ts";
import type {
  CheckRule,
  Definition,
  DiscoveryRule,
  EndpointRule,
  LaunchRule,
  LimitKind,
  LimitPolicy,
  LimitRule,
} from "../definition.ts";
import type { ScheduleRule } from "../../config/next_time.ts";
import type { FailureClass, RestartRules, RetryRule } from "../lifecycle/restart_rules.ts";
import { bondedIds } from "./bonded_ids.ts";
import { instanceVariables } from "./instances.ts";
import type { WatchRule } from "../watch/file_marks.ts";
import type { ProcessConfig } from "./process_schema.ts";
import { toResourceLimits } from "./rlimits.ts";
import { durationMs } from "../../config/values.ts";

const LIMIT_KINDS: readonly LimitKind[] = ["memory", "cpu", "file_descriptors", "processes"];

/** What a configuration does not say by itself. */
export interface DefinitionContext {
  /** Relative paths are seen from here. */
  readonly directory: string;
  /** The variables of all its env_files. */
  readonly fileEnvironment: Readonly<Record<string, string>>;
  readonly shown: Readonly<Record<string, unknown>>;
  readonly source: Definition["source"];
}

/** What the engine needs of one checked entry of `managed_processes`. */
export function toDefinition(config: ProcessConfig, context: DefinitionContext): Definition {
  const { management } = config;
  const { control } = management;
  const definition = {
    id: config.id,
    type: config.type,
    enabled: config.enabled,
    dependsOn: Object.entries(config.depends_on).map(([id, { condition }]) => [id, condition] as const),
    launch: control ? toLaunch(control, config, context) : null,
    discovery: management.discovery ? toDiscovery(management.discovery) : null,
    restart: toRestart(control),
    healthCheck: toCheck(management.health_check),
    readinessCheck: toCheck(management.readiness_check),
    limits: control ? toLimits(control) : [],
    startupGraceMs: control ? durationMs(control.context_aware_restart.startup_grace_period) : 0,
    monitoringProfile: config.monitoring_profile ?? null,
    logCollection: control?.log_collection ?? null,
    // Left out where there is none, which keeps the fingerprints of all other definitions.
    ...(config.scrape && { scrape: { urls: config.scrape, names: config.app_metrics } }),
    ...(control?.schedule !== undefined && { schedule: toSchedule(control) }),
    ...(control?.watch && { watch: toWatch(control, context) }),
    ...((config.app_statsd || config.app_otlp) && { endpoints: toEndpoints(config) }),
  };
  // What it waits for at its start is nothing that it runs by: more instances of `db` do not restart whoever needs it.
  // Nor are the times of its schedule: a job that runs is not stopped for the next one's sake.
  const runsBy = { ...definition, dependsOn: [], ...(definition.schedule && { schedule: true }) };
  const text = JSON.stringify(runsBy, (_, value) => value === Infinity ? "unlimited" : value);
  // Kept in a file: what it is made of may be secret.
  const fingerprint = createHash("sha256").update(text).digest("hex");
  return {
    ...definition,
    dependsOn: new Map(definition.dependsOn),
    restartWith: bondedIds(config),
    groups: config.groups ?? [],
    shown: context.shown,
    source: context.source,
    fingerprint,
  };
}

function toSchedule({ schedule, timezone }: Control): ScheduleRule {
  return { pattern: schedule!, ...(timezone !== undefined && { timezone }) };
}

function toWatch(control: Control, context: DefinitionContext): WatchRule {
  const { paths, ignore, debounce } = control.watch!;
  const directory = resolve(control.working_directory ?? context.directory);
  const seen = (path: string) => isAbsolute(path) ? relative(directory, path) : path;
  return {
    directory,
    paths: paths.map(seen),
    ignore: ignore.map(seen),
    debounceMs: parseDuration(debounce, "debounce"),
  };
}

function toEndpoints({ app_statsd, app_otlp, app_metrics }: ProcessConfig): EndpointRule {
  return { statsd: app_statsd === true, otlp: app_otlp === true, names: app_metrics };
}

type Control = NonNullable<ProcessConfig["management"]["control"]>;

function toLaunch(
  control: Control,
  { id, port }: ProcessConfig,
  { directory, fileEnvironment }: DefinitionContext,
): LaunchRule {
  return {
    command: [control.executable!, ...control.arguments],
    workingDirectory: control.working_directory ?? directory,
    environment: { ...instanceVariables(id, port), ...fileEnvironment, ...control.environment },
    user: control.user ?? null,
    group: control.group ?? null,
    fileDescriptorLimit: control.file_descriptor_limit ?? null,
    startTimeoutMs: parseDuration(control.start_timeout, "start_timeout"),
    stopSignal: control.stop_signal,
    gracefulTimeoutMs: durationMs(control.graceful_timeout),
    stopRequest: control.stop_request ?? null,
    // Left out where there is none, which keeps the fingerprints of all other definitions.
    ...(control.pid_file === undefined ? {} : { pidFile: control.pid_file }),
    ...(control.umask === undefined ? {} : { fileModeMask: parseInt(control.umask, 8) }),
    ...(control.nice === undefined ? {} : { niceness: control.nice }),
    ...(control.rlimits && { resourceLimits: toResourceLimits(control.rlimits) }),
    ...(control.watchdog !== undefined && { watchdogMs: parseDuration(control.watchdog, "watchdog") }),
    ...(control.start_seconds > 0 && { startMs: control.start_seconds * 1_000 }),
    ...(control.success_exit_codes.length > 0 && { successExitCodes: control.success_exit_codes }),
  };
}

function toDiscovery(discovery: NonNullable<ProcessConfig["management"]["discovery"]>): DiscoveryRule {
  return {
    method: discovery.method,
    pidFile: discovery.pid_file ?? null,
    processName: discovery.process_name ?? null,
    port: discovery.port ?? null,
    checkIntervalMs: parseDuration(discovery.check_interval, "check_interval"),
  };
}

function toRestart(control: Control | undefined): RestartRules {
  const rules = control?.context_aware_restart;
  const base = {
    max_retries: 10,
    retry_delay: "1s",
    backoff_rate: 2,
    max_delay: "1m",
    jitter: 0.1,
    ...rules?.default,
  } as const;
  const rule = (changes: Partial<typeof base> | undefined): RetryRule => {
    const { max_retries, retry_delay, backoff_rate, max_delay, jitter } = { ...base, ...changes };
    return {
      maxRetries: max_retries === "unlimited" ? Infinity : max_retries,
      retryDelayMs: durationMs(retry_delay),
      backoffRate: backoff_rate,
      maxDelayMs: durationMs(max_delay),
      jitter,
    };
  };
  const retry: Record<FailureClass, RetryRule> = {
    default: rule(undefined),
    health: rule(rules?.health_failures as Partial<typeof base>),
    resource: rule(rules?.resource_violations as Partial<typeof base>),
  };
  const breaker = control?.circuit_breaker;
  const storm = control?.storm_guard;
  return {
    policy: control?.restart_policy ?? "never",
    retry,
    resetAfterMs: parseDuration(rules?.reset_after ?? "1m", "reset_after"),
    breaker: breaker
      ? {
        failures: breaker.failures,
        windowMs: parseDuration(breaker.window, "window"),
        cooldownMs: parseDuration(breaker.cooldown, "cooldown"),
        severity: breaker.severity,
      }
      : null,
    storm: { minUptimeMs: durationMs(storm?.min_uptime ?? "1s"), maxExits: storm?.max_exits ?? 10 },
  };
}

type Check = NonNullable<ProcessConfig["management"]["health_check" | "readiness_check"]>;

function toCheck(check: Check | undefined): CheckRule | null {
  if (!check?.enabled) return null;
  const { type, http, tcp, exec, grpc, file, log } = check;
  return {
    target: { type, http, tcp, exec, grpc, ...(file && { file }), ...(log && { log }) },
    intervalMs: parseDuration(check.interval, "interval"),
    timeoutMs: parseDuration(check.timeout, "timeout"),
    initialDelayMs: durationMs(check.initial_delay),
    failureThreshold: "failure_threshold" in check ? check.failure_threshold : 1,
    successThreshold: check.success_threshold,
  };
}

function toLimits({ limits, context_aware_restart: { sustained_violation_time } }: Control): LimitRule[] {
  return LIMIT_KINDS.flatMap((kind) => {
    const limit = limits[kind] as undefined | {
      max?: string | number;
      max_percent?: number;
      warning_threshold?: number;
      sustained: string;
      policy: LimitPolicy;
      adjust_factor: number;
      adjust_most: number;
    };
    if (!limit) return [];
    const max = limit.max ?? limit.max_percent!;
    const sustainedMs = durationMs(limit.sustained);
    return [{
      kind,
      max: typeof max === "string" ? parseSize(max, "max") : max,
      warningShare: limit.warning_threshold === undefined ? null : limit.warning_threshold / 100,
      sustainedMs: sustainedMs === 0 ? durationMs(sustained_violation_time ?? "0s") : sustainedMs,
      policy: limit.policy,
      adjustFactor: limit.adjust_factor,
      adjustMost: limit.adjust_most,
    }];
  });
}
