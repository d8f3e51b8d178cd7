import { LONGEST_MS } from "../core/duration.ts";
import { ProctorError, usageError } from "../core/error.ts";
import { ceilingFault } from "../core/interval.ts";
import type { IntervalRule } from "../core/interval.ts";
import type { Limits } from "../core/limits.ts";
import { MARKER } from "../core/marker.ts";
import { METRIC_GROUPS, METRIC_NAMES } from "../core/metric.ts";
import type { MetricGroup, MetricName } from "../core/metric.ts";
import { COLLECT_KEYS, profileMetrics, profiles } from "../core/profile.ts";
import type { MonitoringProfile, ProfileName } from "../core/profile.ts";
import type { ProctorRecord } from "../core/record.ts";
import { checkWords } from "../group/launch_spec.ts";
import type { CommandOptions } from "../group/launch_spec.ts";
import type { Wanted } from "../platform/mod.ts";

/** What becomes of processes that are still running when the command itself has ended. */
export type Leftovers = "wait" | "stop" | "leave";

/** How a run is monitored; everything but the target is optional. */
export interface WatchOptions {
  /** A label that start and summary carry. */
  name?: string;
  /** A built-in profile by name, or one of your own; default `adaptive`. */
  profile?: ProfileName | MonitoringProfile;
  /** Whether the interval rises while nothing changes; default: as the profile says. */
  adaptive?: boolean;
  /** Shortest interval in milliseconds; default: the profile's. */
  baseIntervalMs?: number;
  /** Longest interval in milliseconds; default: the profile's. */
  maxIntervalMs?: number;
  /** Most of one core, in percent, that sampling may use; default 1. */
  budgetPercent?: number;
  /** Metrics to collect, over the profile's own choice. */
  metrics?: readonly MetricName[];
  /** The proportional set size, too (`memory_pss_bytes`): read once a second at most, within a budget of time. */
  pss?: boolean;
  /** A row per process in every sample. */
  perProcess?: boolean;
  /** A row per thread in every process row; implies `perProcess`. */
  threads?: boolean;
  /** CPU seconds of this program's own that are no part of the cost of watching, such as runs before this one. */
  ownSecondsBefore?: number;
  /** Called with every record, in order; must not throw. */
  onRecord?: (record: ProctorRecord) => void;
  /** Called with a line worth telling a user, such as what is being waited for. */
  onNotice?: (line: string) => void;
}

/** A command to run and monitor. */
export interface RunOptions extends CommandOptions, WatchOptions {
  /** End the whole tree after so many milliseconds. */
  timeoutMs?: number;
  /** Between SIGTERM and SIGKILL, in milliseconds; default 2000. */
  graceMs?: number;
  /** What becomes of processes that outlive the command; default `wait`. */
  leftovers?: Leftovers;
  /** Pass SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 on to the command; default false. */
  forwardSignals?: boolean;
  /** Ends the tree as a timeout does. */
  abort?: AbortSignal;
  /** Set when this program starts no other children: orphans are then recognised without their environment. */
  soleParent?: boolean;
  /** What the tree may use at most, enforced by the kernel; a run for which it cannot be is refused. */
  limits?: Limits;
  /** Climb no higher on the containment ladder than this. */
  mechanism?: "subreaper";
}

/** A tree that already runs, to be monitored. */
export interface AttachOptions extends WatchOptions {
  /** Stop watching (the tree goes on) after so many milliseconds. */
  durationMs?: number;
  /** Stop watching when aborted. */
  abort?: AbortSignal;
}

/** Everything a session needs to know about sampling, drawn from the options once. */
export interface SamplingPlan {
  readonly profile: MonitoringProfile;
  readonly metrics: readonly MetricName[];
  readonly wanted: Wanted;
  /** null: nothing is sampled. */
  readonly rule: IntervalRule | null;
  readonly perProcess: boolean;
  readonly threads: boolean;
}

/** The default of `budgetPercent`. */
export const DEFAULT_BUDGET_PERCENT = 1;
const SHORTEST_INTERVAL_MS = 1;
/** Metrics that only the dearest of a process's files has. */
const COUNTERS: readonly MetricName[] = ["minor_faults", "major_faults", "thread_count"];

/**
 * Draw the plan from the options.
 * @throws ProctorError of kind `usage` when they contradict each other
 */
export function samplingPlan(options: WatchOptions): SamplingPlan {
  const profile = adjustProfile(chosenProfile(options.profile), options);
  const chosen = options.metrics ? checkMetrics(options.metrics) : profileMetrics(profile);
  const metrics = options.pss
    ? METRIC_NAMES.filter((name) => name === "memory_pss_bytes" || chosen.includes(name))
    : chosen;
  const has = (group: MetricGroup) =>
    metrics.some((name) => (METRIC_GROUPS[group] as readonly string[]).includes(name));
  const budgetPercent = options.budgetPercent ?? DEFAULT_BUDGET_PERCENT;
  if (!(budgetPercent > 0 && budgetPercent <= 100)) {
    throw usageError(`budget: ${budgetPercent} is out of range; it is a percentage above 0, up to 100`);
  }
  const rule = profile.interval_ms === null || profile.max_interval_ms === null ? null : {
    baseMs: Math.max(SHORTEST_INTERVAL_MS, profile.interval_ms),
    maxMs: profile.max_interval_ms,
    adaptive: profile.adaptive,
    budgetPercent,
  };
  return {
    profile,
    metrics,
    // What the summary counts at the end costs nothing while the tree runs, but for the files behind it.
    wanted: {
      counters: metrics.some((name) => COUNTERS.includes(name)) || !profile.enabled,
      io: has("disk") || !profile.enabled,
      switches: has("threads"),
      fileDescriptors: has("file_descriptors"),
    },
    rule,
    perProcess: options.perProcess === true || options.threads === true,
    threads: options.threads === true,
  };
}

/**
 * Refuse what no run can be made of.
 * @throws ProctorError of kind `usage`
 */
export function checkRunOptions(options: RunOptions): void {
  if (!Array.isArray(options.command)) {
    throw usageError('command: it is a list of words, such as ["make", "-j4"]');
  }
  if (options.command.length === 0) throw usageError("command: there is none");
  const { timeoutMs, graceMs } = options;
  if (timeoutMs !== undefined) checkMs("timeout", timeoutMs);
  // No grace at all is SIGKILL right after SIGTERM: harsh, but clear.
  if (graceMs !== undefined && graceMs !== 0) checkMs("grace", graceMs);
  if (options.env && Object.hasOwn(options.env, MARKER)) {
    throw usageError(`env: ${MARKER} is proctor's own mark on the command; choose another name`);
  }
  checkWords(options);
}

/**
 * Refuse what is no length of time in milliseconds.
 * @throws ProctorError of kind `usage`
 */
export function checkMs(name: string, ms: number): void {
  if (!(ms > 0 && ms <= LONGEST_MS)) {
    throw usageError(`${name}: ${ms} is out of range; it is milliseconds above 0, up to ${LONGEST_MS}`);
  }
}

/**
 * A profile by its name, or as it is; `adaptive` when there is none.
 * @throws ProctorError of kind `usage` for a name that is no profile
 */
export function chosenProfile(profile: ProfileName | MonitoringProfile | undefined): MonitoringProfile {
  if (typeof profile === "object") return profile;
  const named = profiles[profile ?? "adaptive"];
  if (!named) throw unknownProfile(String(profile));
  return named;
}

/** The error for a name that is no profile: it lists those there are. */
export function unknownProfile(name: string): ProctorError {
  return usageError(`profile: there is none called "${name}"; there are ${Object.keys(profiles).join(", ")}`);
}

/** The options' own intervals and metrics over those of the profile, so that the record tells what was done. */
function adjustProfile(profile: MonitoringProfile, options: WatchOptions): MonitoringProfile {
  const { metrics } = options;
  const collect = metrics === undefined ? {} : Object.fromEntries(
    Object.entries(COLLECT_KEYS).map(([group, key]) => [
      key,
      METRIC_GROUPS[group as MetricGroup].some((name) => metrics.includes(name)),
    ]),
  );
  const chosen = { ...profile, ...collect };
  if (!profile.enabled) {
    if (options.baseIntervalMs !== undefined || options.maxIntervalMs !== undefined) {
      throw usageError("interval: the profile is disabled, nothing is sampled; choose another profile");
    }
    return chosen;
  }
  if (options.baseIntervalMs !== undefined) checkMs("interval", options.baseIntervalMs);
  if (options.maxIntervalMs !== undefined) checkMs("max-interval", options.maxIntervalMs);
  const base = options.baseIntervalMs ?? profile.interval_ms ?? 100;
  const adaptive = options.adaptive ?? (profile.adaptive || options.maxIntervalMs !== undefined);
  // A base above the profile's own ceiling carries the ceiling along; a ceiling given with it does not yield.
  const ceiling = options.maxIntervalMs ?? Math.max(base, profile.max_interval_ms ?? base);
  if (ceiling < base) {
    throw usageError(`max-interval: ${ceilingFault(ceiling, base)}`);
  }
  return { ...chosen, interval_ms: base, adaptive, max_interval_ms: adaptive ? ceiling : base };
}

function checkMetrics(names: readonly string[]): MetricName[] {
  const unknown = names.filter((name) => !(METRIC_NAMES as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw usageError(`metrics: there is none called "${unknown[0]}"; there are ${METRIC_NAMES.join(", ")}`);
  }
  if (names.length === 0) throw usageError("metrics: the list is empty");
  return METRIC_NAMES.filter((name) => names.includes(name));
}
