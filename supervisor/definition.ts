import { createHash } from "node:crypto";
import { parseDuration } from "../core/duration.ts";
import { parseSize } from "../core/size.ts";
import type { ProcessType } from "./control.ts";
import type { ProcessConfig } from "./config/process_schema.ts";
import { instanceVariables } from "./config/instances.ts";
import { toResourceLimits } from "./config/rlimits.ts";
import { durationMs } from "../config/values.ts";
import type { ResourceLimits } from "../platform/mod.ts";
import type { ScrapeRule } from "../monitor/app/scraped_app.ts";
import type { FailureClass, RestartRules, RetryRule } from "./lifecycle/restart_rules.ts";

/** What a limit binds. */
const LIMIT_KINDS = ["memory", "cpu", "file_descriptors", "processes"] as const;
/** What a limit binds. */
export type LimitKind = typeof LIMIT_KINDS[number];

/** What becomes of a process that goes beyond a limit. */
export type LimitPolicy =
  | "none"
  | "log"
  | "alert"
  | "throttle"
  | "graceful_shutdown"
  | "immediate_kill"
  | "restart"
  | "restart_adjusted";

/** One limit of a process, over its whole tree. */
export interface LimitRule {
  readonly kind: LimitKind;
  /** Bytes, percent (100 is a core), or a count. */
  readonly max: number;
  /** Share of `max` that only warns; null for none. */
  readonly warningShare: number | null;
  readonly sustainedMs: number;
  readonly policy: LimitPolicy;
  readonly adjustFactor: number;
  readonly adjustMost: number;
}

/** What a probe asks, as it is configured. */
export type ProbeTarget = Pick<
  NonNullable<ProcessConfig["management"]["health_check"]>,
  "type" | "http" | "tcp" | "exec" | "grpc" | "file" | "log"
>;

/** A check and its pace; times in milliseconds. */
export interface CheckRule {
  readonly target: ProbeTarget;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly initialDelayMs: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/** How long the wait for a dependency lasts. */
export type Condition = "started" | "healthy" | "exited_successfully";

/** How a command is started and stopped. */
export interface LaunchRule {
  readonly command: readonly string[];
  readonly workingDirectory: string;
  /** Those of `env_file` included. */
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string | number | null;
  readonly group: string | number | null;
  readonly fileDescriptorLimit: number | null;
  readonly startTimeoutMs: number;
  readonly stopSignal: string;
  readonly gracefulTimeoutMs: number;
  readonly stopRequest: NonNullable<ProcessConfig["management"]["control"]>["stop_request"] | null;
  /** Of a command that puts itself into the background; names the process that is followed then. */
  readonly pidFile?: string;
  readonly fileModeMask?: number;
  readonly niceness?: number;
  readonly resourceLimits?: ResourceLimits;
  /** It is not running before it has lived so long. */
  readonly startMs?: number;
  /** Exit codes that are no failure, besides 0. */
  readonly successExitCodes?: readonly number[];
}

/** How an unmanaged process is found. */
export interface DiscoveryRule {
  readonly method: "pid_file" | "process_name" | "port";
  readonly pidFile: string | null;
  readonly processName: string | null;
  readonly port: number | null;
  readonly checkIntervalMs: number;
}

/** What a process gets to send metrics of its own to. */
export interface EndpointRule {
  readonly statsd: boolean;
  readonly otlp: boolean;
  /** Names with `*` for any characters; all when undefined. */
  readonly names?: readonly string[];
}

/** A managed process as the engine takes it: numbers in base units, paths absolute. */
export interface Definition {
  readonly id: string;
  readonly type: ProcessType;
  readonly enabled: boolean;
  readonly dependsOn: ReadonlyMap<string, Condition>;
  /** null for an unmanaged process. */
  readonly launch: LaunchRule | null;
  readonly discovery: DiscoveryRule | null;
  readonly restart: RestartRules;
  readonly healthCheck: CheckRule | null;
  readonly readinessCheck: CheckRule | null;
  readonly limits: readonly LimitRule[];
  /** Limits are not watched before this time after the start. */
  readonly startupGraceMs: number;
  /** Names by which it is found; a change of them restarts nothing. */
  readonly groups: readonly string[];
  /** A name, or the object `monitoring_profile`. */
  readonly monitoringProfile: ProcessConfig["monitoring_profile"] | null;
  /** Where it answers its own metrics. */
  readonly scrape?: ScrapeRule;
  /** Where it can send them to. */
  readonly endpoints?: EndpointRule;
  readonly logCollection: NonNullable<ProcessConfig["management"]["control"]>["log_collection"] | null;
  /** In canonical form, as it was written: variables unresolved, secrets left out. */
  readonly shown: Readonly<Record<string, unknown>>;
  /** Equal when a restart would change nothing. */
  readonly fingerprint: string;
}

/** What a configuration does not say by itself. */
export interface DefinitionContext {
  /** Relative paths are seen from here. */
  readonly directory: string;
  /** The variables of all its env_files. */
  readonly fileEnvironment: Readonly<Record<string, string>>;
  readonly shown: Readonly<Record<string, unknown>>;
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
    ...((config.app_statsd || config.app_otlp) && { endpoints: toEndpoints(config) }),
  };
  // What it waits for at its start is nothing that it runs by: more instances of `db` do not restart whoever needs it.
  const runsBy = { ...definition, dependsOn: [] };
  const text = JSON.stringify(runsBy, (_, value) => value === Infinity ? "unlimited" : value);
  // Kept in a file: what it is made of may be secret.
  const fingerprint = createHash("sha256").update(text).digest("hex");
  return {
    ...definition,
    dependsOn: new Map(definition.dependsOn),
    groups: config.groups ?? [],
    shown: context.shown,
    fingerprint,
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
