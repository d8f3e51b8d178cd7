import type { ResourceLimits } from "../platform/mod.ts";
import type { ScrapeRule } from "../monitor/app/scraped_app.ts";
import type { ProcessConfig } from "./config/process_schema.ts";
import type { ProcessType } from "./control.ts";
import type { WatchRule } from "./watch/file_marks.ts";
import type { ScheduleRule } from "../config/next_time.ts";
import type { RestartRules } from "./lifecycle/restart_rules.ts";

/** What a limit binds. */
export type LimitKind = "memory" | "cpu" | "file_descriptors" | "processes";

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
  /** While it runs it has to notify us within this time, again and again. */
  readonly watchdogMs?: number;
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
  /** Those it depends on with which it is stopped and started. */
  readonly restartWith: readonly string[];
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
  /** When it is started; left out: when it is to run. */
  readonly schedule?: ScheduleRule;
  /** Files that it is restarted for. */
  readonly watch?: WatchRule;
  readonly logCollection: NonNullable<ProcessConfig["management"]["control"]>["log_collection"] | null;
  /** In canonical form, as it was written: variables unresolved, secrets left out. */
  readonly shown: Readonly<Record<string, unknown>>;
  /** What it was made of, variables unresolved; and from where it sees files. */
  readonly source: { readonly written: string; readonly directory: string };
  /** Equal when a restart would change nothing. */
  readonly fingerprint: string;
}
